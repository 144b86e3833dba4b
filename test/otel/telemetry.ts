/** OpenTelemetry's own SDK with exporters in memory, for tests of spans and metrics. Each test has providers of its own. */
import { context, trace } from '@opentelemetry/api';
import type { Attributes, Tracer } from '@opentelemetry/api';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { DataPoint, Histogram, MetricData } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { LockInstrumentation } from 'nestjs-distributed-lock/otel';
import type { LockInstrumentationConfig } from 'nestjs-distributed-lock/otel';
import { atEnd } from '../support/at-end.js';

/** Exports when it is asked to. */
class ReaderInTests extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** What was measured under one name. */
export type Measured = MetricData & { readonly dataPoints: readonly DataPoint<number | Histogram>[] };

export class Meters {
  private readonly reader = new ReaderInTests();
  readonly provider = new MeterProvider({ readers: [this.reader] });

  async all(): Promise<Measured[]> {
    const { resourceMetrics } = await this.reader.collect();
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics as Measured[]);
  }

  /** The points of one instrument. */
  async points(name: string): Promise<Measured['dataPoints']> {
    return (await this.all()).find(({ descriptor }) => descriptor.name === name)?.dataPoints ?? [];
  }

  /** The attributes of the points of one instrument. */
  async attributes(name: string): Promise<Attributes[]> {
    return (await this.points(name)).map(({ attributes }) => attributes);
  }

  /** The sum over all attributes. */
  async sum(name: string): Promise<number> {
    return (await this.points(name)).reduce((sum, { value }) => sum + (value as number), 0);
  }
}

export class Spans {
  private readonly exporter = new InMemorySpanExporter();
  readonly provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.exporter)] });
  /** What the application of a test traces with. */
  readonly tracer: Tracer = this.provider.getTracer('application');

  /** Those that have ended, in the order in which they did. */
  get ended(): ReadableSpan[] {
    return this.exporter.getFinishedSpans();
  }

  /** The one of this name. */
  get(name: string): ReadableSpan {
    const found = this.ended.filter((span) => span.name === name);
    if (found.length === 1) return found[0]!;
    throw new Error(`${found.length} spans are called ${name}: ${this.ended.map((span) => span.name).join(', ')}`);
  }

  /** Traces a piece of code of the application. */
  trace<Result>(name: string, code: () => Promise<Result>): Promise<Result> {
    return this.tracer.startActiveSpan(name, (span) => code().finally(() => span.end()));
  }

  /** Names from the outermost span to this one. */
  pathOf(name: string): string[] {
    const path: string[] = [];
    for (let span: ReadableSpan | undefined = this.get(name); span; span = this.parentOf(span)) path.unshift(span.name);
    return path;
  }

  private parentOf({ parentSpanContext }: ReadableSpan): ReadableSpan | undefined {
    return this.ended.find((span) => span.spanContext().spanId === parentSpanContext?.spanId);
  }
}

/** An instrumentation with providers in memory, until the end of the test. */
export function instrument(config: LockInstrumentationConfig = {}): {
  instrumentation: LockInstrumentation;
  spans: Spans;
  meters: Meters;
} {
  const [spans, meters] = [new Spans(), new Meters()];
  // Contexts have to be global; the provider becomes so as well, and must not stay for the next test.
  spans.provider.register();
  const instrumentation = new LockInstrumentation(config);
  instrumentation.setTracerProvider(spans.provider);
  instrumentation.setMeterProvider(meters.provider);
  atEnd(async () => {
    instrumentation.disable();
    context.disable();
    trace.disable();
    await Promise.all([spans.provider.shutdown(), meters.provider.shutdown()]);
  });
  return { instrumentation, spans, meters };
}
