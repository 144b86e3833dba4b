/**
 * What an application gives to OpenTelemetry. It has the shape of that project's `Instrumentation`, and needs its API only.
 * It patches nothing and imports nothing of the application, so it makes no difference when it is loaded.
 */
import { trace } from '@opentelemetry/api';
import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { LockMetrics } from './lock-metrics.js';
import { LockSpans } from './lock-spans.js';

/** Options of {@link LockInstrumentation}. */
export interface LockInstrumentationConfig {
  /**
   * Whether it begins at once; otherwise with `enable()`.
   * @default true
   */
  enabled?: boolean;
  /**
   * Whether there is a span for the way to each lock and one for the time it is held.
   * @default true
   */
  spans?: boolean;
  /**
   * Whether there are metrics.
   * @default true
   */
  metrics?: boolean;
  /**
   * Whether spans name the keys: in an attribute, and in the message of an error. Keys are data of the application
   * (customer and order numbers, say), and traces are read by others. Metrics never have them.
   * @default false
   */
  keys?: boolean;
}

const NAME = 'nestjs-distributed-lock';
const VERSION = '0.1.0';

/**
 * Spans and metrics of all locks of this process, whichever instance of the module they belong to. It makes no provider of
 * its own: without one that is given, it uses the global ones, also when they come later.
 *
 * @example
 * ```ts
 * const sdk = new NodeSDK({ instrumentations: [new HttpInstrumentation(), new LockInstrumentation()] });
 * sdk.start();
 * ```
 */
export class LockInstrumentation {
  /** Name of the tracer and the meter. */
  readonly instrumentationName = NAME;
  /** Version of this package. */
  readonly instrumentationVersion = VERSION;

  private readonly spans: LockSpans;
  private readonly metrics: LockMetrics;
  private config: Required<LockInstrumentationConfig>;
  private isEnabled = false;

  /** @param config - what differs from the defaults. */
  constructor(config: LockInstrumentationConfig = {}) {
    this.config = withDefaults(config);
    this.spans = new LockSpans(trace.getTracer(NAME, VERSION), this.config.keys);
    this.metrics = new LockMetrics(NAME, VERSION);
    if (this.config.enabled) this.enable();
  }

  /** Begins. Locks that are held at this moment are not counted, nor do they get a span. */
  enable(): void {
    this.isEnabled = true;
    this.apply();
  }

  /** Ends: open spans are ended, and what it has counted as held or waiting is counted down. */
  disable(): void {
    this.isEnabled = false;
    this.apply();
  }

  /** Spans go to this provider from now on. */
  setTracerProvider(provider: TracerProvider): void {
    this.spans.tracer = provider.getTracer(NAME, VERSION);
  }

  /** Metrics go to this provider from now on; what is held or waiting at this moment moves with them. */
  setMeterProvider(provider: MeterProvider): void {
    this.metrics.setMeterProvider(provider);
  }

  /** Changes the options. `enabled` matters to the constructor only, as with other instrumentations. */
  setConfig(config: LockInstrumentationConfig): void {
    this.config = withDefaults(config);
    this.spans.hasKeys = this.config.keys;
    this.apply();
  }

  /** The options, with defaults. */
  getConfig(): LockInstrumentationConfig {
    return this.config;
  }

  private apply(): void {
    for (const part of ['spans', 'metrics'] as const) {
      if (this.isEnabled && this.config[part]) this[part].enable();
      else this[part].disable();
    }
  }
}

function withDefaults({
  enabled = true,
  spans = true,
  metrics = true,
  keys = false,
}: LockInstrumentationConfig): Required<LockInstrumentationConfig> {
  return { enabled, spans, metrics, keys };
}
