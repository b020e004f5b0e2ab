/** Tells why no reference can name an input or an output of this name, or `undefined` when one can. */
export const problem = (name: string): string | undefined => {
  if (name.length === 0) return "a name must not be empty"
  const found = /[.[\]]/.exec(name)
  if (found === null) return undefined
  return `the name "${name}" must not contain "${found[0]}": no reference could be made to it`
}
