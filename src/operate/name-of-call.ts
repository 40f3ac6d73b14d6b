import { randomUUID } from 'node:crypto'

/** A name for a call that changes something: if its answer is lost, it is sent again under the same name, and not carried out twice. */
export function nameOfCall(): string {
  return randomUUID()
}
