/** Where a verb puts the exit code of what it did. */
export interface Outcome {
  code: number
}
