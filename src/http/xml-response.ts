import { Selector } from '../selector/selector.ts'
import { TextResponse } from './text-response.ts'

/** An XML document: names keep their case, and its tree is that of XML. */
export class XmlResponse extends TextResponse {
  override get kind(): 'xml' {
    return 'xml'
  }

  protected override makeSelector(): Selector {
    return new Selector({ text: this.text, type: 'xml' })
  }
}
