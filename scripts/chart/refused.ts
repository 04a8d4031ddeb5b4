/** Values that Helm must refuse, and what it says. */
export const refused: ReadonlyArray<readonly [values: ReadonlyArray<string>, says: RegExp]> = [
  [["replica=3"], /additional properties 'replica' not allowed/],
  [["replicas=0"], /replicas.*minimum/],
  [["image.digest=latest"], /image\/digest.*pattern/],
  [["access.keys="], /nobody could ask/],
  [["access.anyone=true"], /access\.anyone contradicts access\.keys/],
  [["tls.clientCaSecret=ca"], /tls\.clientCaSecret needs tls\.secret/],
  [["redis.url=url"], /redis\.url needs networkPolicy\.redis/],
  [["redis.url=url", "redis.cacheSecret=", "networkPolicy.enabled=false"], /redis\.url needs redis\.cacheSecret/],
  [["redis.mode=single"], /redis\/mode/],
  [["ports.callers=443"], /ports\/callers.*minimum/],
  [["ports.operations=8080"], /ports\.callers and ports\.operations must differ/],
  [["drainDelaySeconds=301"], /drainDelaySeconds.*maximum/],
  [["settings.POSH_REDIS_URL=redis://:password@redis"], /invalid propertyName 'POSH_REDIS_URL'/],
  [["settings.POSH_PORT=80"], /invalid propertyName 'POSH_PORT'/],
  [["settings.POSH_EXTRA_CA_FILE=/ca.pem"], /invalid propertyName 'POSH_EXTRA_CA_FILE'/],
  [["settings.PATH=/"], /invalid propertyName 'PATH'/]
]
