/**
 * Whom a question is about, and nothing that asks. The one entry that needs neither Node.js nor its types, so that a web
 * page can read domains as a verifier does.
 */

// The domain, in canonical form
export { type Domain, type DomainFault, type DomainPolicy, isCanonicalDomain, parseDomain } from "./Domain.ts"

// The service, by its key or an alias
export {
  isServiceName,
  makeServiceRegistry,
  parseService,
  registeredServices,
  type ServiceDescription,
  type ServiceEntry,
  type ServiceKey,
  type ServiceRegistry,
  type Transport
} from "./Service.ts"

// The services of an operator
export { parseServices, type ServiceFault } from "./parseServices.ts"

// Where each generation publishes
export { type Generation, generationRules, type Generations } from "./Generation.ts"

// Why either is refused
export { QuestionError } from "./QuestionError.ts"
