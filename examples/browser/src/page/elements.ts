/** The element with that id; throws if the page has no such element of that kind. */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${kind.name} #${id}`)
}

/** Shows `text` in the element, and its state to the stylesheet. */
export function show(id: string, text: string, state?: string): void {
  const target = element(id, HTMLElement)
  target.textContent = text
  if (state !== undefined) target.dataset.state = state
}

/** The text of an error for a person. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${code}: ${error.message}` : error.message
}
