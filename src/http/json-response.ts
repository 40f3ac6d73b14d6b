import type { Selector } from '../selector/selector.ts'
import { jsonSelector, TextResponse } from './text-response.ts'

/** A JSON document: `json()` and `jmespath()`. */
export class JsonResponse extends TextResponse {
  protected override makeSelector(): Selector {
    return jsonSelector(this.json())
  }
}
