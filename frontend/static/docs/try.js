// A form for each endpoint that reads: it asks the API and shows what came back.
import { el } from './element.js';

/** More of a body than this is not shown. */
const SHOWN = 20000;
const HEADERS = ['content-type', 'etag', 'x-data-as-of', 'link', 'cache-control', 'retry-after', 'x-request-id'];

/** The form and the place for the answer. */
export function tryIt(base, path, operation) {
  const asked = operation.parameters.filter((parameter) => parameter.in !== 'header');
  const fields = asked.map((parameter) => ({ parameter, input: input(parameter, operation.operationId) }));
  const output = el('div', { class: 'output', 'aria-live': 'polite' });
  const form = el('form', { class: 'try' },
    fields.map(({ parameter, input: control }) => el('label', { for: control.id }, parameter.name, control)),
    el('button', { type: 'submit' }, 'Send'));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    await send(address(base, path, fields), output);
  });
  return [el('h4', {}, 'Try it'), form, output];
}

/** The control that fits a parameter. Values in the path begin with their example, since they cannot be left out. */
function input(parameter, operationId) {
  const { schema } = parameter;
  const common = { id: `${operationId}-${parameter.name}`, name: parameter.name, required: parameter.required };
  const words = schema.enum ?? (schema.type === 'boolean' ? ['true', 'false'] : undefined);
  if (words) return el('select', common, el('option', { value: '' }, '–'), words.map((word) => el('option', { value: word }, word)));
  if (schema.type === 'integer') return el('input', { ...common, type: 'number', min: schema.minimum, max: schema.maximum, placeholder: schema.default });
  if (schema.format === 'date') return el('input', { ...common, type: 'date' });
  return el('input', { ...common, type: 'text', maxlength: schema.maxLength, spellcheck: 'false', autocomplete: 'off', value: parameter.required ? parameter.example : undefined });
}

/** What was filled in, as an address. */
function address(base, path, fields) {
  const query = new URLSearchParams();
  let filled = path;
  for (const { parameter, input: control } of fields) {
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(control.value));
    else if (control.value) query.set(parameter.name, control.value);
  }
  return base + filled + (query.size ? `?${query}` : '');
}

async function send(url, output) {
  output.replaceChildren(el('p', { class: 'asked' }, 'GET ', el('code', {}, url)), el('p', { class: 'quiet' }, 'asking…'));
  const began = performance.now();
  try {
    const response = await fetch(url, { cache: 'no-cache' });
    const isFile = response.headers.has('content-disposition');
    const text = isFile ? '' : await response.text();
    const status = el('span', { class: `badge ${response.ok ? 'ok' : 'bad'} status` }, `${response.status} ${response.statusText}`.trim());
    const headers = HEADERS.filter((name) => response.headers.has(name)).map((name) => `${name}: ${response.headers.get(name)}`);
    const rest = text.length > SHOWN ? [el('p', { class: 'quiet' }, `The first ${SHOWN} of ${text.length} characters.`)] : [];
    output.lastChild.replaceWith(
      el('p', { class: 'came' }, status, ` ${Math.round(performance.now() - began)} ms${isFile ? '' : `, ${text.length} characters`}`),
      el('pre', { class: 'headers', tabindex: '0' }, headers.join('\n')),
      isFile ? el('p', { class: 'answer' }, el('a', { href: url }, 'Download the file'))
        : el('pre', { class: 'answer', tabindex: '0' }, readable(text).slice(0, SHOWN)), ...rest);
  } catch (error) {
    output.lastChild.replaceWith(el('p', { class: 'banner' }, `The API does not answer: ${error.message}`));
  }
}

/** JSON over several lines; anything else as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
