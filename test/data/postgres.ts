import { execFile } from 'node:child_process'
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** A Postgres server of our own, in a folder that goes with it. */
export interface PostgresServer {
  readonly url: string
  stop(): Promise<void>
}

/** Starts a server of an installed Postgres, or says why there is none. Root, whom Postgres refuses, starts it as `postgres`. */
export async function startPostgres(): Promise<PostgresServer | string> {
  const bin = await binaries()
  if (bin === undefined) return 'no Postgres server is installed'
  const owner = userInfo().uid === 0 ? await idOf('postgres') : undefined
  if (userInfo().uid === 0 && owner === undefined) return 'there is no user postgres to start a server as'
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  if (owner) await chown(folder, owner.uid, owner.gid)
  const run = (program: string, ...words: string[]) => execute(join(bin, program), words, { cwd: folder, ...owner })
  const data = join(folder, 'data')
  const port = await freePort()
  await run('initdb', '-D', data, '-U', 'tester', '-A', 'trust', '-E', 'UTF8', '--no-sync')
  const options = `-p ${port} -c listen_addresses=127.0.0.1 -k ${folder}`
  await run('pg_ctl', '-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start')
  return {
    url: `postgres://tester@127.0.0.1:${port}/postgres`,
    async stop() {
      await run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function binaries(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  if (newest !== undefined) return join(root, newest, 'bin')
  const onPath = await execute('pg_config', ['--bindir']).catch(() => undefined)
  const folder = onPath?.stdout.trim()
  const programs: string[] = folder ? await readdir(folder).catch(() => []) : []
  return programs.includes('initdb') ? folder : undefined
}

async function idOf(user: string) {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execute('id', [flag, user]))).catch(() => [])
  return uid && gid ? { uid: Number(uid.stdout), gid: Number(gid.stdout) } : undefined
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
