/** Spans and metrics for an OpenTelemetry collector, set up by the standard variables of the environment. */
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as OtlpMetrics from "effect/observability/OtlpMetrics"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"
import * as OtlpTracer from "effect/observability/OtlpTracer"
import { version } from "../version.ts"

const resource = {
  serviceName: process.env["OTEL_SERVICE_NAME"] ?? "dagflow",
  serviceVersion: process.env["OTEL_SERVICE_VERSION"] ?? version()
}

/** Where the environment does not say which exporters there are, the standard has this one. */
const settings = ConfigProvider.orElse(
  ConfigProvider.fromEnv(),
  ConfigProvider.fromUnknown({ OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "otlp" })
)

/** Sends what is measured as JSON over HTTP. A collector that cannot be reached costs the spans, and nothing else. */
export const telemetryLayer = Layer.mergeAll(
  OtlpTracer.layerFromConfig({ resource }),
  OtlpMetrics.layerFromConfig({ resource })
).pipe(Layer.provide([FetchHttpClient.layer, OtlpSerialization.layerJson, ConfigProvider.layer(settings)]))
