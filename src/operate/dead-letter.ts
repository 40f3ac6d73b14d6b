/** A dead letter as it stands in Redis. */
export interface DeadLetterText {
  readonly at: number
  readonly deliveries: number
  readonly reason: string
  readonly error: string
  /** Where it was queued, as it stands in keys. */
  readonly slot: string
  /** JSON. */
  readonly request: string
}

/** Takes a dead letter apart: six fields with tabs between them, the last of which is the request. */
export function readDeadLetter(text: string): DeadLetterText {
  const [, at, deliveries, reason = '', error = '', slot = '', request = ''] =
    /^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([\s\S]*)$/.exec(text) ?? []
  return { at: Number(at) || 0, deliveries: Number(deliveries) || 0, reason, error, slot, request }
}

/** What a request's JSON says of where it goes; anything odd is shown as it stands. */
export function whereTo(json: string): { readonly url: string; readonly method: string } {
  try {
    const { url, method } = JSON.parse(json) as { readonly url?: unknown; readonly method?: unknown }
    return { url: typeof url === 'string' ? url : json, method: typeof method === 'string' ? method : 'GET' }
  } catch {
    return { url: json, method: 'GET' }
  }
}
