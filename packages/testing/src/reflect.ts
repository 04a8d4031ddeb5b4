/**
 * The three metadata methods of `Reflect` without which `tsyringe`, and so `@peculiar/x509`, refuses to load. The
 * package that usually brings them (`reflect-metadata`) is no dependency of ours. Import this before `@peculiar/x509`.
 */
const stores = new WeakMap<object, Map<unknown, unknown>>()

const getOwnMetadata = (key: unknown, target: object): unknown => stores.get(target)?.get(key)

const getMetadata = (key: unknown, target: object | null): unknown =>
  target === null ? undefined : getOwnMetadata(key, target) ?? getMetadata(key, Object.getPrototypeOf(target))

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  stores.set(target, (stores.get(target) ?? new Map<unknown, unknown>()).set(key, value))
}

// A complete polyfill that somebody loaded before stays in charge.
if (!("getMetadata" in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata })
