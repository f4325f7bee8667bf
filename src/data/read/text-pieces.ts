import { InputError } from '../../base/errors.ts'

/** Text as it comes, piece by piece, and what there is to say of its encoding. */
export interface TextPieces {
  readonly pieces: AsyncIterable<string>
  readonly notes: readonly string[]
}

/**
 * The text of some bytes: of UTF-8 or, with a byte-order mark, of UTF-16; what is neither is taken as Windows-1252, which older
 * spreadsheets write. Gzip is unpacked on the way.
 *
 * @throws InputError where gzip is damaged
 */
export async function textPieces(bytes: Blob, name: string): Promise<TextPieces> {
  const mark = new Uint8Array(await bytes.slice(0, 2).arrayBuffer())
  const gzip = mark[0] === 0x1f && mark[1] === 0x8b
  const open = () => (gzip ? bytes.stream().pipeThrough(new DecompressionStream('gzip')) : bytes.stream())
  const encoding = await encodingOf(open(), name)
  const notes = encoding === 'windows-1252' ? ['the file is not UTF-8 and was read as Windows-1252'] : []
  return { pieces: decoded(open(), encoding, name), notes }
}

const wholeBytes = 1 << 24

/** Judged by the first bytes, of which a small file has no more. */
async function encodingOf(stream: ReadableStream<Uint8Array>, name: string): Promise<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let size = 0
  for await (const chunk of chunksOf(stream, name)) {
    if (size === 0 && chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le'
    if (size === 0 && chunk[0] === 0xfe && chunk[1] === 0xff) return 'utf-16be'
    try {
      decoder.decode(chunk, { stream: true })
    } catch {
      return 'windows-1252'
    }
    size += chunk.length
    if (size > wholeBytes) break
  }
  return 'utf-8'
}

async function* decoded(stream: ReadableStream<Uint8Array>, encoding: string, name: string): AsyncIterable<string> {
  const decoder = new TextDecoder(encoding)
  for await (const chunk of chunksOf(stream, name)) {
    const text = decoder.decode(chunk, { stream: true })
    if (text !== '') yield text
  }
  const rest = decoder.decode()
  if (rest !== '') yield rest
}

/** Chunks of a stream; a page's streams have no iterator of their own everywhere. */
async function* chunksOf(stream: ReadableStream<Uint8Array>, name: string): AsyncIterable<Uint8Array> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      if (value.length > 0) yield value
    }
  } catch (error) {
    if (error instanceof InputError) throw error
    throw new InputError(`'${name}' cannot be unpacked: its gzip is damaged or cut short; fetch or write it again`)
  } finally {
    await reader.cancel().catch(() => {})
  }
}
