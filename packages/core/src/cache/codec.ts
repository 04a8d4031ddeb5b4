/**
 * Associations and absences as text for shared stores. What comes back is untrusted input: it is decoded by schema, and
 * everything that follows from the octets is derived from them anew (POSH-CAC-05).
 */
import type { Association } from "../Association.ts"
import type { Absence, StoreKey } from "./AssociationStore.ts"

/** JSON text. */
export declare const encodeAssociation: (association: Association) => string

/** `undefined` for anything that is not a sound association of this very key. */
export declare const decodeAssociation: (text: string, key: StoreKey) => Association | undefined

export declare const encodeAbsence: (absence: Absence) => string

export declare const decodeAbsence: (text: string, key: StoreKey) => Absence | undefined
