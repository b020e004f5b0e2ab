import { colours, type StatusFamily } from "../StatusMark.ts"

const families: ReadonlyArray<StatusFamily> = ["idle", "running", "attention", "retry", "done", "failed"]

const familyColours = (theme: "light" | "dark"): string =>
  families.map((family) => `--${family}: ${colours[family][theme]};`).join(" ")

/**
 * The style sheet of the picture. It follows the light or dark setting of whoever looks at it, and it needs neither
 * scripts nor fonts from elsewhere.
 */
export const styleSheet = `
.dagflow { color-scheme: light dark; --page: #ffffff; --card: #f7f8fa; --text: #16191d; --quiet: #4a525c;
  --edge: #6b7480; --grown: #5b3fd6; ${familyColours("light")} }
@media (prefers-color-scheme: dark) {
  .dagflow { --page: #0d1117; --card: #161b22; --text: #e6edf3; --quiet: #a3adb8; --edge: #7d8792;
    --grown: #b9a7ff; ${familyColours("dark")} }
}
.dagflow text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: var(--text); }
.dagflow .page { fill: var(--page); }
.dagflow .title { font-size: 14px; font-weight: 600; }
.dagflow .label { font-weight: 600; }
.dagflow .quiet { fill: var(--quiet); font-size: 11px; }
.dagflow .state { fill: var(--state); font-size: 11px; }
.dagflow .growth { fill: var(--grown); font-size: 11px; }
.dagflow .card { fill: var(--card); stroke: var(--state); }
.dagflow .stripe { fill: var(--state); }
.dagflow .icon { fill: none; stroke: var(--state); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.dagflow .badge { fill: none; stroke: var(--grown); stroke-width: 2; stroke-linecap: round; }
.dagflow .edge { fill: none; stroke: var(--edge); stroke-width: 1.3; }
.dagflow .arrow { fill: var(--edge); }
.dagflow .data { stroke-width: 2.2; }
.dagflow .route { stroke: var(--text); stroke-dasharray: 12 3; stroke-width: 2; }
.dagflow .recovery { stroke: var(--failed); stroke-dasharray: 8 3; stroke-width: 2; }
.dagflow .conditional { stroke-dasharray: 10 2; }
.dagflow .inactive { stroke-dasharray: 1 5; opacity: 0.6; }
.dagflow .inside-edge { stroke-dasharray: 6 4; }
.dagflow .growth-edge { stroke: var(--grown); stroke-dasharray: 2 4; stroke-width: 2; }
.dagflow .planned { --state: var(--quiet); }
${families.map((family) => `.dagflow .${family} { --state: var(--${family}); }`).join("\n")}
.dagflow .pending .card { stroke-dasharray: 2 3; }
.dagflow .running-state .card, .dagflow .retrying .card, .dagflow .waiting .card { stroke-width: 2; }
.dagflow .failed .card { stroke-width: 3; }
.dagflow .skipped .card, .dagflow .cancelled .card { stroke-dasharray: 6 4; }
.dagflow .skipped .label, .dagflow .cancelled .label { text-decoration: line-through; }
`.trim()
