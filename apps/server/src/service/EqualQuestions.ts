/**
 * The questions of a batch so far, to find equal ones. Most batches ask about each domain once: then the domain tells questions
 * apart, and no text of a certificate is hashed or copied.
 */
import type { Question } from "@posh/core"

interface First<A> {
  readonly question: Question
  readonly value: A
  /** It is found by its key, too. */
  isKeyed: boolean
}

export class EqualQuestions<A> {
  /** By domain, the question that came first. */
  readonly #firsts = new Map<string, First<A>>()
  /** By all of the question, where a domain occurs again. */
  readonly #others = new Map<string, A>()

  /** The value of an equal question that came before, or else the one that `make` makes. */
  find(question: Question, make: (question: Question) => A): A {
    const first = this.#firsts.get(question.domain)
    if (first === undefined) {
      const value = make(question)
      this.#firsts.set(question.domain, { question, value, isKeyed: false })
      return value
    }
    if (!first.isKeyed) {
      first.isKeyed = true
      this.#others.set(keyOf(first.question), first.value)
    }
    const key = keyOf(question)
    const known = this.#others.get(key)
    if (known !== undefined) return known
    const value = make(question)
    this.#others.set(key, value)
    return value
  }

  clear(): void {
    this.#firsts.clear()
    this.#others.clear()
  }
}

/** Equal for equal questions, in whatever order their members come. */
const keyOf = (question: Question): string =>
  JSON.stringify(Object.entries(question).sort(([left], [right]) => left < right ? -1 : 1))
