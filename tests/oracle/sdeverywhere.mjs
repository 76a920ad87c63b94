// Reads .mdl files with @sdeverywhere/parse: paths on stdin, one a line; one JSON line for each.
//
// A line holds the definitions of the file in a form in which two spellings of one equation are
// equal (no parentheses, names and numbers by what they mean), or the parser's refusal.

import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

// argument: the folder in which npm installed the package (its CommonJS form cannot be loaded)
const home = `${process.argv[2]}/node_modules/@sdeverywhere/parse/dist/index.js`
const { parseVensimModel } = await import(pathToFileURL(home))

const subscripts = refs => (refs ?? []).map(ref => ref.subId)

function plain(expr) {
  switch (expr.kind) {
    case 'number':
      return expr.value
    case 'string':
      return ['text', expr.text]
    case 'keyword':
      return ['keyword', expr.text.toLowerCase()]
    case 'variable-ref':
      return ['name', expr.varId, ...subscripts(expr.subscriptRefs)]
    case 'unary-op': {
      const inner = plain(expr.expr)
      if (expr.op === '+') return inner
      return expr.op === '-' && typeof inner === 'number' ? -inner : [expr.op, inner]
    }
    case 'binary-op':
      return [expr.op, plain(expr.lhs), plain(expr.rhs)]
    case 'parens':
      return plain(expr.expr)
    case 'lookup-def':
      return ['points', ...expr.points.flat()]
    case 'lookup-call':
      return ['lookup', plain(expr.varRef), plain(expr.arg)]
    case 'function-call':
      return [expr.fnId, ...expr.args.map(plain)]
  }
  throw new Error(`no such node: ${expr.kind}`)
}

function right(rhs) {
  switch (rhs.kind) {
    case 'expr':
      return plain(rhs.expr)
    case 'const-list':
      return ['list', ...rhs.constants.map(plain)]
    case 'lookup':
      return plain(rhs.lookupDef)
  }
  return ['data']
}

const blanks = text => (text ?? '').split(/\s+/).filter(Boolean).join(' ')

function read(path) {
  const model = parseVensimModel(readFileSync(path, 'utf8'))
  const equations = model.equations.map(equation => {
    const { varId, subscriptRefs, exceptSubscriptRefSets } = equation.lhs.varDef
    const place = [varId, ...subscripts(subscriptRefs)]
    const without = (exceptSubscriptRefSets ?? []).map(subscripts)
    return {
      place,
      without,
      right: right(equation.rhs),
      units: blanks(equation.units),
      comment: blanks(equation.comment)
    }
  })
  const dimensions = model.dimensions.map(dimension => ({
    name: dimension.dimId,
    family: dimension.familyId,
    labels: subscripts(dimension.subscriptRefs),
    mappings: dimension.subscriptMappings.map(to => [to.toDimId, ...subscripts(to.subscriptRefs)])
  }))
  return { equations, dimensions }
}

for await (const path of createInterface({ input: process.stdin })) {
  let found
  try {
    found = read(path)
  } catch (error) {
    found = { refused: String(error.message ?? error).split('\n')[0] }
  }
  process.stdout.write(JSON.stringify(found) + '\n')
}
