#!/usr/bin/env node
import { version } from "./version.ts"

const words = process.argv.slice(2)

// The version is asked for by scripts, often: it does not wait for the parser to load.
if (words.length === 1 && words[0] === "--version") console.log(version())
else await (await import("./Cli.ts")).main(words)
