/**
 * A schema as https://standardschema.dev has it: what zod (3.24 and later), valibot (1), arktype (2) and others make. No package is needed
 * for it; the schema brings all that is used.
 *
 * @example
 * const Book: StandardSchema<unknown, { title: string }> = z.object({ title: z.string() })
 */
export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    /** Who made it: `zod`. */
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>
    /** For the compiler only. */
    readonly types?: { readonly input: In; readonly output: Out } | undefined
  }
}

/** What a schema answers: the value as it shall be from now on, or what is wrong. */
export type SchemaResult<Out> = { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] }

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  readonly message: string
  /** Where: names and indices, from the outside in. Absent or empty: the value itself. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What leaves a schema. */
export type SchemaOutput<S extends StandardSchema> = NonNullable<S['~standard']['types']>['output']
