/** How hard to measure. */
export interface Effort {
  readonly rounds: number
  /** Of one server in one round. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: number
}
