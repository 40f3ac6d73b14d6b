import type { Request } from '../../http/request.ts'
import type { Response } from '../../http/response.ts'

/** What is stored for one file. */
export interface Developed {
  /** The file itself. */
  readonly body: Uint8Array
  readonly contentType: string | undefined
  /** What is stored beside it, by a function of its name; the last of them is stored last. */
  readonly extras: readonly {
    readonly pathOf: (path: string) => string
    readonly body: Uint8Array
    readonly contentType: string
  }[]
}

/** What files and images do each in their own way. */
export interface MediaKind {
  readonly name: string
  readonly urlsField: string
  readonly resultField: string
  /** The end of a name, with its dot. */
  extensionOf(request: Request): string
  /** The name of the last of what is stored beside a file of this name; undefined where there is nothing. */
  lastExtra?(path: string): string | undefined
  /** Before the first: loads what is needed. */
  open?(): Promise<void>
  /** What to store for an answer. Throws MediaFailure where it is not what was wanted. */
  develop(response: Response): Promise<Developed>
}
