/**
 * Names that the rule of names refuses, and that are to change. The list may only shrink: a name that is as it should be is
 * refused as well, until it is taken off.
 */
const renamed = "renamed in a later commit"
const introduced = "introduced in a later commit"

export const pendingNames: Readonly<Record<string, string>> = {
  "Absence": renamed,
  "AllowanceShape": renamed,
  "Answer": renamed,
  "Asked": renamed,
  "Assertion": renamed,
  "Attempt": renamed,
  "EgressFailure": renamed,
  "Evidence": renamed,
  "Gate": renamed,
  "Guard": renamed,
  "Known": renamed,
  "Landing": renamed,
  "ObservationsShape": renamed,
  "ObserverShape": renamed,
  "Path": renamed,
  "PresentedCertificate": renamed,
  "Recall": renamed,
  "Refusal": renamed,
  "Remembered": renamed,
  "Stage": renamed,
  "Terms": renamed,
  "Trouble": renamed,
  "heed": renamed,
  "learn": renamed,
  "untold": renamed,
  "AssociationReport": introduced,
  "CacheDecision": introduced,
  "CacheEntry": introduced,
  "CallerBudget": introduced,
  "DecisionObserver": introduced,
  "FlightResult": introduced,
  "Freshness": introduced,
  "NegativeEntry": introduced,
  "Presented": introduced,
  "QuestionOptions": introduced,
  "ResolutionObserver": introduced,
  "StageTracer": introduced,
  "fetchAndStore": introduced
}
