/** What the AI SDK wants to be told of a call. */
import type * as LanguageModel from "effect/ai/LanguageModel"
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"

type Json = { readonly [key: string]: unknown }

const userPart = (part: Prompt.UserMessagePart): Json =>
  part.type === "text"
    ? { type: "text", text: part.text }
    : { type: "file", data: part.data, mediaType: part.mediaType }

const assistantParts = (part: Prompt.AssistantMessagePart): ReadonlyArray<Json> => {
  if (part.type === "text" || part.type === "reasoning") return [{ type: part.type, text: part.text }]
  return part.type === "tool-call" && !part.providerExecuted
    ? [{ type: "tool-call", toolCallId: part.id, toolName: part.name, input: part.params }]
    : []
}

const output = (part: Prompt.ToolResultPart): Json => {
  if (part.modelOutput !== undefined) {
    return { type: "text", value: Prompt.toolModelOutputToText(part.modelOutput) }
  }
  const kind = typeof part.result === "string" ? "text" : "json"
  return { type: part.isFailure ? `error-${kind}` : kind, value: part.result }
}

const toMessage = (message: Prompt.Message): Json => {
  switch (message.role) {
    case "system":
      return { role: "system", content: message.content }
    case "user":
      return { role: "user", content: message.content.map(userPart) }
    case "assistant":
      return { role: "assistant", content: message.content.flatMap(assistantParts) }
    case "tool":
      return {
        role: "tool",
        content: message.content.flatMap((part) =>
          part.type === "tool-result"
            ? [{ type: "tool-result", toolCallId: part.id, toolName: part.name, output: output(part) }]
            : []
        )
      }
  }
}

const toolChoice = (choice: LanguageModel.ProviderOptions["toolChoice"]): Json => {
  if (typeof choice === "string") return { type: choice }
  return "tool" in choice ? { type: "tool", toolName: choice.tool } : { type: choice.mode ?? "auto" }
}

/** The options of a call. */
export const callOptions = (asked: LanguageModel.ProviderOptions): Json => ({
  prompt: asked.prompt.content.map(toMessage),
  ...(asked.tools.length > 0 && {
    tools: asked.tools.map((tool) => ({
      type: "function",
      name: tool.name,
      description: Tool.getDescription(tool),
      inputSchema: Tool.getJsonSchema(tool)
    })),
    toolChoice: toolChoice(asked.toolChoice)
  }),
  ...(asked.responseFormat.type === "json" && {
    responseFormat: {
      type: "json",
      name: asked.responseFormat.objectName,
      schema: Tool.getJsonSchemaFromSchema(asked.responseFormat.schema)
    }
  })
})
