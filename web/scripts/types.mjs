// Writes src/api.types.ts: what the server's OpenAPI document says of answers and parameters, as types. The document is the
// one that a test of the server holds to what is served. `--check` fails instead when the file is not what would be written.
//
// Of JSON Schema it knows what the document uses: objects, lists, words, `$ref`, `allOf` of one and `anyOf`; what it does
// not know is `unknown`, never a guess.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const PLAIN = { string: 'string', number: 'number', integer: 'number', boolean: 'boolean' };
const NAME = /^[A-Za-z_]\w*$/;

/** The whole file for a document. */
export function typesOf(document) {
  const { schemas, parameters } = document.components;
  const types = Object.entries(schemas).map(
    ([name, schema]) => `${about(schema, '')}export type ${name} = ${typeOf(schema, '')};`,
  );
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
  const asked = operations.map((operation) => {
    const names = (operation.parameters ?? [])
      .map((parameter) => parameters[last(parameter.$ref)])
      .filter((parameter) => parameter.in === 'query')
      .map((parameter) => quoted(parameter.name));
    return `  ${operation.operationId}: ${names.join(' | ') || 'never'};`;
  });
  return [
    '// Made by scripts/types.mjs from tests/api/openapi.json; not to be changed by hand.',
    ...types,
    `/** The parameters that each operation takes in its query. */\nexport interface Queries {\n${asked.join('\n')}\n}`,
    '',
  ].join('\n\n');
}

function typeOf(schema, indent) {
  const type = bareType(schema, indent);
  return schema.nullable ? `${type} | null` : type;
}

function bareType(schema, indent) {
  if (schema.$ref) return last(schema.$ref);
  if (schema.allOf?.length === 1) return typeOf(schema.allOf[0], indent);
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one, indent)).join(' | ');
  if (schema.enum) return schema.enum.map(quoted).join(' | ');
  if (schema.type === 'array') {
    const item = typeOf(schema.items ?? {}, indent);
    return item.includes(' | ') ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === 'object') return objectOf(schema, indent);
  return PLAIN[schema.type] ?? 'unknown';
}

function objectOf({ properties, required = [], additionalProperties }, indent) {
  if (!properties) {
    const values = typeof additionalProperties === 'object' ? additionalProperties : {};
    return `Record<string, ${typeOf(values, indent)}>`;
  }
  const inner = `${indent}  `;
  const members = Object.entries(properties).map(([name, schema]) => {
    const key = NAME.test(name) ? name : quoted(name);
    const mark = required.includes(name) ? '' : '?';
    return `${about(schema, inner)}${inner}${key}${mark}: ${typeOf(schema, inner)};`;
  });
  return `{\n${members.join('\n')}\n${indent}}`;
}

function about({ description }, indent) {
  return description ? `${indent}/** ${description.replaceAll('*/', '*\\/')} */\n` : '';
}

function quoted(word) {
  return typeof word === 'string'
    ? `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
    : String(word);
}

function last(reference) {
  return reference.split('/').at(-1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = at('../src/api.types.ts');
  const text = typesOf(JSON.parse(readFileSync(at('../../tests/api/openapi.json'), 'utf8')));
  if (process.argv[2] !== '--check') {
    writeFileSync(file, text);
  } else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(
      'src/api.types.ts is not what tests/api/openapi.json says: npm run types\n',
    );
    process.exitCode = 1;
  }
}
