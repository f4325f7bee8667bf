import { about, train } from './checks.ts'

self.onmessage = async () => self.postMessage({ ...about(), ...(await train()) })
