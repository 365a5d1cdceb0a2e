import type { AstraNet, Socket } from '@astranet/core/browser'
import { element, errorText, show } from './elements.js'
import { readText, writeText } from './text.js'

/** The part of the page that others dial: it binds `greeting`, and asks the server to dial it. */
export async function setUpGreeting(node: AstraNet): Promise<void> {
  const listener = await node.bind('', 'greeting')
  void greetAll(listener)
  const ask = element('ask', HTMLButtonElement)
  ask.addEventListener('click', () => {
    ask.disabled = true
    void askToBeCalled(node).finally(() => (ask.disabled = false))
  })
}

async function greetAll(sockets: AsyncIterable<Socket>): Promise<void> {
  for await (const socket of sockets) {
    // The next caller does not wait for this one. A caller that fails ends only its own socket.
    greet(socket).catch(() => socket.destroy())
  }
}

async function greet(socket: Socket): Promise<void> {
  const caller = await readText(socket)
  await writeText(socket, `hello ${caller}, this is a page in ${browserName()}`)
}

async function askToBeCalled(node: AstraNet): Promise<void> {
  try {
    const socket = await node.dial('', 'call-back')
    show('answer', await readText(socket))
    socket.destroy()
  } catch (error) {
    show('answer', errorText(error))
  }
}

function browserName(): string {
  return /(?:Firefox|Edg|Chrome|Version)\/[\d.]+/.exec(navigator.userAgent)?.[0] ?? 'a browser'
}
