// Shows the API's description: by family, each endpoint with its parameters, its answer field by field, and a form that asks it.
import { el } from './element.js';
import { tryIt } from './try.js';

const base = document.querySelector('meta[name="api-base"]').content;
const page = document.getElementById('docs');

/** Text with its `quoted` parts as code. */
function prose(text) {
  return (text ?? '').split('`').map((part, i) => (i % 2 ? el('code', {}, part) : part));
}

/** What `$ref` stands for. */
function resolved(description, thing) {
  if (!thing?.$ref) return thing;
  return thing.$ref.slice(2).split('/').reduce((at, name) => at[name], description);
}

/** A schema in few words: `whole number, 1 to 365`. */
function kind(schema) {
  if (schema.$ref) return schema.$ref.split('/').pop();
  if (schema.anyOf) return schema.anyOf.map(kind).join(' or ');
  const types = [schema.type].flat();
  const names = { integer: 'whole number', number: 'number', string: 'text', boolean: 'true or false', object: 'object', null: 'null' };
  let [word] = types.map((type) => names[type] ?? type);
  if (types[0] === 'array') word = `list of ${kind(schema.items)}`;
  if (schema.format === 'date') word = 'date';
  if (schema.format === 'date-time') word = 'moment';
  if (schema.pattern?.includes('T')) word = 'time';
  if (schema.enum) word = schema.enum.join(' | ');
  if (types[0] === 'object' && typeof schema.additionalProperties === 'object') word = `${kind(schema.additionalProperties)} by name`;
  return types.includes('null') && types.length > 1 ? `${word} or null` : word;
}

/** The bounds of a parameter or of a field. */
function bounds(schema) {
  const parts = [];
  if (schema.maximum !== undefined) parts.push(`${schema.minimum} to ${schema.maximum}`);
  else if (schema.minimum !== undefined) parts.push(`at least ${schema.minimum}`);
  if (schema.maxLength) parts.push(`at most ${schema.maxLength} characters`);
  if (schema.default !== undefined) parts.push(`default ${schema.default}`);
  return parts.join(', ');
}

/** A table that is a list of cards on a phone. */
function table(label, heads, rows) {
  const cells = (row) => row.map((cell, i) => el(i ? 'td' : 'th', { 'data-label': i ? heads[i] : undefined, scope: i ? undefined : 'row' }, cell));
  return el('table', { class: 'rows', 'aria-label': label },
    el('thead', {}, el('tr', {}, heads.map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, rows.map((row) => el('tr', {}, cells(row)))));
}

function parameters(operation) {
  if (!operation.parameters.length) return [];
  const row = (parameter) => [
    [el('code', {}, parameter.name), parameter.in === 'query' ? '' : el('span', { class: 'place' }, ` in ${parameter.in}`)],
    kind(parameter.schema),
    [bounds(parameter.schema), parameter.required ? ' required' : ''],
    prose(parameter.description),
    parameter.example === undefined ? '' : el('code', {}, String(parameter.example)),
  ];
  return [el('h4', {}, 'Parameters'), table('Parameters', ['name', 'takes', 'bounds', 'meaning', 'example'], operation.parameters.map(row))];
}

/** The names of the objects that a schema is made of, the outermost first. */
function objects(description, schema, seen = []) {
  const name = schema.$ref?.split('/').pop();
  if (name && !seen.includes(name)) {
    seen.push(name);
    objects(description, resolved(description, schema), seen);
  }
  for (const below of [schema.items, ...(schema.anyOf ?? []), ...Object.values(schema.properties ?? {})]) {
    if (below) objects(description, below, seen);
  }
  return seen;
}

function answer(description, operation) {
  const [status, good] = Object.entries(operation.responses).find(([code]) => code.startsWith('2'));
  const json = good.content['application/json'];
  const fields = objects(description, json.schema).flatMap((name) => {
    const object = description.components.schemas[name];
    const rows = Object.entries(object.properties).map(([field, schema]) => [el('code', {}, field), [kind(schema), bounds(schema)].filter(Boolean).join(', '), prose(schema.description)]);
    return [el('p', { class: 'object' }, el('strong', {}, name), ` – ${object.description}`), table(name, ['field', 'is', 'meaning'], rows)];
  });
  const examples = Object.entries(good.content).filter(([, content]) => content.example !== undefined).map(([media, content]) => {
    const text = typeof content.example === 'string' ? content.example : JSON.stringify(content.example, null, 2);
    return el('details', {}, el('summary', {}, `Example, ${media}`), el('pre', { tabindex: '0' }, text));
  });
  const list = json.schema.type === 'array' ? `: a list of ${kind(json.schema.items)}` : '';
  return [el('h4', {}, `Answer ${status}${list}`), ...fields, ...examples];
}

function refusals(description, operation) {
  const others = Object.entries(operation.responses).filter(([code]) => !code.startsWith('2'));
  const items = others.map(([code, response]) => el('li', {}, el('code', {}, code), ' ', prose(resolved(description, response).description)));
  return [el('h4', {}, 'Other answers'), el('ul', { class: 'others' }, items)];
}

function endpoint(description, path, method, operation) {
  const body = el('div', { class: 'body' }, el('p', {}, prose(operation.description)), ...parameters(operation));
  if (method === 'get') body.append(...tryIt(base, path, operation));
  body.append(...answer(description, operation), ...refusals(description, operation));
  const title = el('summary', {}, el('span', { class: `method ${method}` }, method.toUpperCase()), el('code', { class: 'path' }, path),
    el('span', { class: 'what' }, operation.summary));
  return el('details', { class: 'card endpoint', id: operation.operationId, 'data-path': path, 'data-method': method }, title, body);
}

function show(description) {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const families = description.tags.map((tag) => ({ tag, of: operations.filter(({ operation }) => operation.tags.includes(tag.name)) }));
  const contents = families.map(({ tag, of }) => el('li', {}, el('span', {}, tag.name),
    el('ul', {}, of.map(({ path, operation }) => el('li', {}, el('a', { href: `#${operation.operationId}` }, path))))));
  page.replaceChildren(
    el('section', { class: 'card about' }, el('h1', {}, `${description.info.title} API `, el('small', {}, description.info.version)),
      description.info.description.split(/(?<=\.) (?=[A-Z`])/).map((sentence) => el('p', {}, prose(sentence)))),
    el('nav', { class: 'card', 'aria-label': 'Endpoints' }, el('ul', {}, contents)),
    ...families.map(({ tag, of }) => el('section', { class: 'family' }, el('h2', {}, tag.name), el('p', { class: 'quiet' }, tag.description),
      of.map(({ path, method, operation }) => endpoint(description, path, method, operation)))));
  openNamed();
}

/** Opens the endpoint that the address names. */
function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named instanceof HTMLDetailsElement) {
    named.open = true;
    named.scrollIntoView();
    named.querySelector('summary').focus({ preventScroll: true });
  }
}

/** The colours that the reader chose on the dashboard. */
function chosenColours() {
  try {
    const theme = localStorage.getItem('tideline-theme');
    if (theme === 'dark' || theme === 'light') document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing shows what the system prefers.
  }
}

chosenColours();
document.getElementById('raw').href = `${base}/openapi.json`;
window.addEventListener('hashchange', openNamed);
try {
  const response = await fetch(`${base}/openapi.json`, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`${response.status}`);
  show(await response.json());
} catch (error) {
  console.error(error);
  document.getElementById('loading').textContent = 'The API does not answer at the moment. Please load the page again.';
}
