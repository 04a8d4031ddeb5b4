/**
 * `Reflect` with the three metadata methods that `tsyringe`, and so `@peculiar/x509`, refuses to load without. The
 * package that usually brings them is no dependency of ours. Import this before `@peculiar/x509`.
 */
const stores = new WeakMap<object, Map<unknown, unknown>>()

const getOwnMetadata = (key: unknown, target: object): unknown => stores.get(target)?.get(key)

const getMetadata = (key: unknown, target: object | null): unknown =>
  target === null ? undefined : getOwnMetadata(key, target) ?? getMetadata(key, Object.getPrototypeOf(target))

const defineMetadata = (key: unknown, value: unknown, target: object): void => {
  const store = stores.get(target) ?? new Map<unknown, unknown>()
  stores.set(target, store.set(key, value))
}

// A complete implementation that an application loaded before stays in charge.
if (!("getMetadata" in Reflect)) Object.assign(Reflect, { getOwnMetadata, getMetadata, defineMetadata })
