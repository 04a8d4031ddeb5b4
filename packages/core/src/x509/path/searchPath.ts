/**
 * The search of `findPath`. What can be known of an issuer alone is known before it is tried; what depends on the whole path
 * (constraints, path length) is validated when the path has reached an anchor.
 */
import { Result } from "effect"
import { pathLimits } from "../../Limits.ts"
import { validatePath } from "../chain/validatePath.ts"
import { keyIdsDiffer, makeIssuers, noIssuer, selfSigned } from "./issuers.ts"
import { makePathFaults, type PathFault } from "./PathFault.ts"
import type { UsableNode } from "./PathNode.ts"
import type { PathQuestion } from "./PathQuestion.ts"
import { makePathWork } from "./pathWork.ts"

/** Leaf first. */
type Path = ReadonlyArray<UsableNode>

/** Searches a valid path from a leaf to an anchor, whose dates are those of the question. */
export const searchPath = (leaf: UsableNode, question: PathQuestion): Result.Result<Path, PathFault> => {
  const faults = makePathFaults()
  const work = makePathWork(question.allowSha1 === true)
  const issuersOf = makeIssuers(question, faults)
  const pathLength = Math.min(Math.max(0, question.pathLength ?? pathLimits.issuers), pathLimits.issuers)
  const rest = { steps: pathLimits.steps }
  const isGivenUp = () => rest.steps < 0 || !work.budget.allows({})

  const climb = (path: Path, node: UsableNode): Path | undefined => {
    for (const issuer of issuersOf(node, path.length)) {
      rest.steps -= 1
      const found = isGivenUp() ? undefined : tryIssuer(path, node, issuer)
      if (found !== undefined) return found
      if (isGivenUp()) return undefined
    }
    return undefined
  }

  const tryIssuer = (path: Path, node: UsableNode, issuer: UsableNode): Path | undefined => {
    // RFC 4158 §2.4.2. Without what lies between two certificates of one name and key, a path is as good, and shorter.
    if (path.some(({ key, subject }) => subject === issuer.subject && key === issuer.key)) {
      return refuse("loop", path.length - 1, issuer.subject === node.subject ? selfSigned : circle)
    }
    if (path.length > pathLimits.issuers) return refuse("issuer", path.length, "the path is too long")
    const signed = work.checkSignature(node.certificate, issuer.certificate.spki)
    if (Result.isFailure(signed)) {
      if (!keyIdsDiffer(node, issuer)) return refuse("signature", path.length - 1, signed.failure)
      faults.addEnd(node.der)
      return refuse("no issuer", path.length - 1, noIssuer)
    }
    const longer = [...path, issuer]
    return issuer.isAnchor ? validate(longer) : climb(longer, issuer)
  }

  const validate = (path: Path): Path | undefined => {
    const valid = validatePath(path.map(({ certificate }) => certificate), work, pathLength)
    return Result.isSuccess(valid) ? path : refuse("path", valid.failure.index, valid.failure.detail)
  }

  const refuse = (...fault: Parameters<typeof faults.add>): undefined => {
    faults.add(...fault)
    return undefined
  }

  const found = climb([leaf], leaf)
  return found === undefined ? Result.fail(faults.toFault(isGivenUp())) : Result.succeed(found)
}

const circle = "the issuers lead back to a certificate below them"
