/**
 * The verdict as text: one word and a line feed, as a shell reads it. The typed client asks for JSON alone, so that nothing
 * decodes the schema of the word.
 */
import { verdictKinds } from "../codeLists.ts"
import type { OpenApiDocument } from "./OpenApiDocument.ts"

/** A pattern, since generators make constants of the values of an `enum`, and not all of them escape a line feed. */
export const withVerdictLine = (document: OpenApiDocument): OpenApiDocument => ({
  ...document,
  components: {
    ...document.components,
    schemas: {
      ...document.components.schemas,
      VerdictWord: {
        ...withoutEnum(document.components.schemas["VerdictWord"] ?? {}),
        pattern: `^(${verdictKinds.join("|")})\\n$`
      }
    }
  }
})

const withoutEnum = ({ enum: _values, ...others }: Readonly<Record<string, unknown>>) => others
