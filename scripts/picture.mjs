/** `node scripts/picture.mjs FILE.svg "COMMAND"`: what a command prints in a terminal of 80 columns, as a picture. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const [file, command] = process.argv.slice(2)
if (!file || !command) {
  console.error('Give a file and a command: node scripts/picture.mjs docs/start.svg "npm start"')
  process.exit(2)
}
const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: '80' }
const { stdout, status } = spawnSync(command, {
  shell: true,
  encoding: 'utf8',
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})
if (status !== 0) process.exit(status ?? 1)

const colours = {
  30: '#6e7681',
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
}
const escapeCharacter = String.fromCharCode(27)
const codes = new RegExp(`(${escapeCharacter}\\[[\\d;]*m)`)
const lines = `$ ${command}\n${stdout}`.trimEnd().split('\n').flatMap(folded)
const [width, lineHeight, top] = [8.43, 19, 46]
const columns = Math.max(80, ...lines.map((line) => stripVTControlCharacters(line).length))

let style = { colour: undefined, bold: false, dim: false }
const rows = lines.map((line, i) => {
  let column = 0
  const spans = line.split(codes).map((part) => {
    if (part.startsWith(escapeCharacter)) {
      for (const code of part.slice(2, -1).split(';').map(Number)) style = next(style, code)
      return ''
    }
    if (part === '') return ''
    const x = 16 + column * width
    column += part.length
    const fill = style.colour ? ` fill="${style.colour}"` : ''
    const weight = style.bold ? ' font-weight="bold"' : ''
    const opacity = style.dim ? ' opacity="0.6"' : ''
    // Each run is stretched to its cells, whatever the reader's font.
    const length = ` textLength="${(part.length * width).toFixed(1)}"`
    // Some browsers put several spaces together, whatever xml:space says.
    const text = escaped(part).replaceAll(' ', '\u00a0')
    return `<tspan x="${x.toFixed(1)}"${length}${fill}${weight}${opacity}>${text}</tspan>`
  })
  return `<text y="${top + i * lineHeight}">${spans.join('')}</text>`
})
const [w, h] = [Math.ceil(columns * width + 32), top + lines.length * lineHeight + 4]
writeFileSync(
  file,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-labelledby="title">
<title id="title">What ${escaped(command)} prints</title>
<rect width="${w}" height="${h}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f56"/><circle cx="40" cy="18" r="6" fill="#ffbd2e"/><circle cx="60" cy="18" r="6" fill="#27c93f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="#e6edf3">
${rows.join('\n')}
</g>
</svg>
`,
)

/** A line as a terminal folds it; coloured ones are short. */
function folded(line) {
  return line.length > 80 && !codes.test(line) ? (line.match(/.{1,80}/g) ?? []) : [line]
}

function next(style, code) {
  if (code === 0) return { colour: undefined, bold: false, dim: false }
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 39) return { ...style, colour: undefined }
  return { ...style, colour: colours[code >= 90 ? code - 60 : code] ?? style.colour }
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
}
