import { baseUrlOf } from './base-url.ts'
import { TextResponse } from './text-response.ts'

/** A page. Its relative URLs are relative to its `<base>`, if it has one. */
export class HtmlResponse extends TextResponse {
  #baseUrl: string | undefined

  override get baseUrl(): string {
    return (this.#baseUrl ??= baseUrlOf(this.text, this.url, () => this.encoding))
  }
}
