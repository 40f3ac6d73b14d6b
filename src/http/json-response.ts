import { Selector } from '../selector/selector.ts'
import { TextResponse } from './text-response.ts'

/** A JSON document: `json()` and `jmespath()`. */
export class JsonResponse extends TextResponse {
  protected override makeSelector(): Selector {
    return new Selector({ text: this.text, type: 'json' })
  }
}
