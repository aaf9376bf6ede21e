// The key that the cursor is at, as `specc explain` takes it. Nothing here knows VS Code.

const KEY = /^( *)((?:- +)*)("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"[\]{},&*!|>%@`-][^:#]*?|-[^\s:#]+) *:(?= |$)/;
const EXPLAINED = ["job", "params", "vars", "matrix"];
const READ = /\b(params|vars|matrix|job)\.([A-Za-z_]\w*)/g;

/**
 * Return what to explain at a line and column of a spec: the name that a template reads there, or the field, parameter,
 * variable or axis whose key stands at this line or above it. Without any, the whole section; undefined in the header.
 * Inside of a profile, the field that the profile overlays.
 * @param {string[]} lines
 * @param {number} line
 * @param {number} column
 * @returns {{field: string, profile?: string} | undefined}
 */
function explainedAt(lines, line, column) {
  const keys = keysAbove(lines, line);
  const profile = keys[0] === "profiles" ? keys[1] : undefined;
  const inside = profile === undefined ? keys : keys.slice(2);
  for (const match of (lines[line] ?? "").matchAll(READ)) {
    if (match.index <= column && column <= match.index + match[0].length) {
      return withProfile(`${match[1]}.${match[2]}`, profile);
    }
  }
  const [section, ...names] = inside;
  if (!EXPLAINED.includes(section)) {
    return undefined;
  }
  const name = section === "matrix" ? names[1] : names[0];
  return withProfile(name === undefined || /[^\p{L}\p{N}_-]/u.test(name) ? section : `${section}.${name}`, profile);
}

/** @param {string} field @param {string | undefined} profile */
function withProfile(field, profile) {
  return profile === undefined ? {field} : {field, profile};
}

/**
 * Return the keys that a line stands below, from the top, with its own key.
 * @param {string[]} lines
 * @param {number} line
 */
function keysAbove(lines, line) {
  /** @type {string[]} */
  const keys = [];
  let limit = Infinity;
  for (let number = Math.min(line, lines.length - 1); number >= 0 && limit > 0; number -= 1) {
    const text = lines[number];
    const match = KEY.exec(text);
    if (match && match[1].length + match[2].length < limit) {
      keys.unshift(plain(match[3]));
      limit = match[1].length + (match[2] ? 1 : 0); // an item may stand as far left as the key of its list
    } else if (number === line) {
      const indent = text.search(/[^ ]/);
      limit = indent > 0 ? indent + (text[indent] === "-" ? 1 : 0) : limit;
    }
  }
  return keys;
}

/** @param {string} key */
function plain(key) {
  return /^["']/.test(key) ? key.slice(1, -1) : key.trim();
}

module.exports = {explainedAt};
