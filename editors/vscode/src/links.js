// The files that a text of specc names, such as `base/mpi.job.yaml:4:3`. Nothing here knows VS Code.

/** In an explanation, `set by file PATH:LINE:COLUMN` or `set by target NAME PATH:LINE:COLUMN`; in a graph, a line. */
const NAMED = [
  /(?<=\bfile |\btarget \S+ )(?!specc:)([^:]+):(\d+):(\d+)/g,
  /(?<=^ *)(?!specc:)(\S[^:]*?\.job\.ya?ml)(?= {2}\(|$)()()/g,
  /(?<=\(\$file: )([^:)]+)()()/g,
];

/**
 * Return the files in a line, each with where its name stands and the line and column that it gives, from 1.
 * @param {string} text
 * @returns {{start: number, end: number, file: string, line: number, column: number}[]}
 */
function filesIn(text) {
  return NAMED.flatMap((pattern) => [...text.matchAll(pattern)]).map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    file: match[1],
    line: Number(match[2] || 1),
    column: Number(match[3] || 1),
  }));
}

module.exports = {filesIn};
