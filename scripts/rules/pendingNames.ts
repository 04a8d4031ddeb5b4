/**
 * Names that the rule of names refuses, and that are to change. The list may only shrink: a name that is as it should be is
 * refused as well, until it is taken off.
 */
export const pendingNames: Readonly<Record<string, string>> = {}
