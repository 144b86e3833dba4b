/** Entry point `nestjs-distributed-lock/otel`: spans and metrics by OpenTelemetry. */
export { LockInstrumentation } from './lock-instrumentation.js';
export type { LockInstrumentationConfig } from './lock-instrumentation.js';
