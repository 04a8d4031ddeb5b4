import { AssociationStore } from "@posh/core/cache"
import { Effect, Layer } from "effect"
import { storeSuite } from "../../../../packages/core/test/cache/store/storeSuite.ts"
import { calm, makeWorld } from "./world.ts"

storeSuite("Redis", Layer.effect(AssociationStore, Effect.map(makeWorld(calm), ({ store }) => store)), { live: true })
