/** Egress: HTTPS GET on Node.js, safe against strangers at both ends. */
export { addressFault, parseNetworks } from "./AddressPolicy.ts"
export { type ConnectTo, type ConnectToEntry, parseConnectTo } from "./ConnectTo.ts"
export { EgressConfigError, type EgressOptions } from "./EgressOptions.ts"
export * as HttpsFetcher from "./HttpsFetcher.ts"
export { parseProxy, type Proxy } from "./Proxy.ts"
export { cipherSuites } from "./TrustStore.ts"
