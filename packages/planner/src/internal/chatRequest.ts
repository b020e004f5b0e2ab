/** The request of a chat completion, as servers that follow OpenAI's interface read it. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Base64 from "effect/encoding/Base64"

type Json = { readonly [key: string]: unknown }

const dataUrl = (part: Prompt.FilePart): string =>
  part.data instanceof Uint8Array
    ? `data:${part.mediaType};base64,${Base64.encode(part.data)}`
    : String(part.data)

const userParts = (parts: ReadonlyArray<Prompt.UserMessagePart>): unknown =>
  parts.every((part) => part.type === "text")
    ? parts.map((part) => part.text).join("\n")
    : parts.map((part) =>
        part.type === "text"
          ? { type: "text", text: part.text }
          : { type: "image_url", image_url: { url: dataUrl(part) } }
      )

const assistant = ({ content }: Prompt.AssistantMessage): Json => {
  const text = content.map((part) => (part.type === "text" ? part.text : "")).join("")
  const calls = content.flatMap((part) =>
    part.type === "tool-call" && !part.providerExecuted
      ? [
          {
            id: part.id,
            type: "function",
            function: { name: part.name, arguments: JSON.stringify(part.params) }
          }
        ]
      : []
  )
  return {
    role: "assistant",
    content: text === "" && calls.length > 0 ? null : text,
    ...(calls.length > 0 && { tool_calls: calls })
  }
}

const resultText = (part: Prompt.ToolResultPart): string => {
  if (part.modelOutput !== undefined) return Prompt.toolModelOutputToText(part.modelOutput)
  return typeof part.result === "string" ? part.result : (JSON.stringify(part.result) ?? "null")
}

const toMessages = (message: Prompt.Message): ReadonlyArray<Json> => {
  switch (message.role) {
    case "system":
      return [{ role: "system", content: message.content }]
    case "user":
      return [{ role: "user", content: userParts(message.content) }]
    case "assistant":
      return [assistant(message)]
    case "tool":
      return message.content.flatMap((part) =>
        part.type === "tool-result"
          ? [{ role: "tool", tool_call_id: part.id, content: resultText(part) }]
          : []
      )
  }
}

const toolChoice = (choice: LanguageModel.ProviderOptions["toolChoice"]): unknown => {
  if (typeof choice === "string") return choice
  if ("tool" in choice) return { type: "function", function: { name: choice.tool } }
  // The tools that it may choose of are the only ones that are sent.
  return choice.mode ?? "auto"
}

const responseFormat = (format: LanguageModel.ProviderOptions["responseFormat"]): Json =>
  format.type === "text"
    ? {}
    : {
        response_format: {
          type: "json_schema",
          json_schema: { name: format.objectName, schema: Tool.getJsonSchemaFromSchema(format.schema) }
        }
      }

/** The body of a request that asks for a stream, and for its usage at the end. */
export const chatRequest = (options: LanguageModel.ProviderOptions, model: string, extra: Json): Json => ({
  model,
  stream: true,
  stream_options: { include_usage: true },
  messages: options.prompt.content.flatMap(toMessages),
  ...(options.tools.length > 0 && {
    tools: options.tools.map((tool) => ({
      type: "function",
      function: {
        name: tool.name,
        description: Tool.getDescription(tool),
        parameters: Tool.getJsonSchema(tool)
      }
    })),
    tool_choice: toolChoice(options.toolChoice)
  }),
  ...responseFormat(options.responseFormat),
  ...extra
})
