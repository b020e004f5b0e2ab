// Runs inside an installation: imports what it is told to, and prints the names it got and the packages asked for.
import { registerHooks } from "node:module"

const asked = {}

/** The package that a file of an installation belongs to. */
const packageAt = (url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url ?? "")?.[1]

registerHooks({
  resolve(specifier, context, next) {
    const asker = packageAt(context.parentURL)
    if (asker?.startsWith("@dagflow/") && !/^[./]|^node:|^file:/.test(specifier)) {
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")
      ;(asked[asker] ??= new Set()).add(name)
    }
    return next(specifier, context)
  }
})

const names = {}
for (const specifier of process.argv.slice(2)) {
  const form = specifier.endsWith(".json") ? { with: { type: "json" } } : {}
  names[specifier] = Object.keys(await import(specifier, form))
}

const lists = Object.fromEntries(Object.entries(asked).map(([asker, set]) => [asker, [...set]]))
console.log(JSON.stringify({ names, asked: lists }))
