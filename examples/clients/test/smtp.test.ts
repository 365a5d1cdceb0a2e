import { createTransport } from 'nodemailer'
import { SMTPServer } from 'smtp-server'
import { expect, it } from 'vitest'
import { twoNodes } from './two-nodes.js'

it('a mail server of smtp-server answers nodemailer, by its option getSocket', async () => {
  await using nodes = await twoNodes()
  let mail = ''
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onData(stream, _session, callback) {
      stream.on('data', (chunk: Buffer) => (mail += String(chunk)))
      stream.on('end', () => callback())
    },
  })
  // Its net.Server serves the name.
  await nodes.server.serve('mail', smtp.server)

  const transport = createTransport({
    host: 'mail',
    getSocket(_options: unknown, callback: (error: Error | null, socket?: object) => void) {
      nodes.client.dial('', 'mail').then((connection) => callback(null, { connection }), callback)
    },
  } as never)
  const text = 'there and back\n'.repeat(1_000)
  const { accepted } = (await transport.sendMail({
    ...{ from: 'one@example.com', to: 'two@example.com', subject: 'hello', text },
  })) as { accepted: string[] }
  expect(accepted).toEqual(['two@example.com'])
  expect(mail).toContain('Subject: hello')
  expect(mail.split('there and back').length).toBe(1_001)
  transport.close()
  await new Promise<void>((resolve) => smtp.close(resolve))
})
