// What the scripts share: the settings, the page to which the browser comes back, and the lines that they exchange with the test. A line is
// "authorize URL" or "deny URL", which the test opens in a browser and decides so ("device authorize URL CODE" where it enters a code
// first), and at last "done". Exit code 0 is success.
import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'

globalThis.crypto ??= webcrypto // Node.js 18 has it under this name only

function setting(name) {
  const value = process.env[name]
  assert.ok(value, `${name} is not set`)
  return value
}

export const issuer = new URL(setting('ISSUER'))
export const publicID = setting('PUBLIC_ID')
export const confidentialID = setting('CONFIDENTIAL_ID')
export const confidentialSecret = setting('CONFIDENTIAL_SECRET')
export const username = setting('USERNAME')
export const password = setting('PASSWORD')

// throughBrowser has the browser open the address that makes of a redirect URI on a free port (RFC 8252 §7.3), and returns where it came back.
export async function throughBrowser(decision, make) {
  const server = http.createServer()
  const back = new Promise((resolve) => {
    server.on('request', async (request, response) => {
      let answer = request.url
      for await (const piece of request) answer += `?${piece}` // response_mode=form_post
      const found = answer.startsWith('/callback?')
      response.writeHead(found ? 200 : 404, { 'content-type': 'text/html', connection: 'close' })
      response.end('<!doctype html><html lang="en"><title>Client</title><h1>Back at the client</h1>', () => found && resolve(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const redirectURI = `http://127.0.0.1:${server.address().port}/callback`
  console.log(`${decision} ${await make(redirectURI)}`)
  const callback = new URL(await back, redirectURI)
  server.close()
  return { redirectURI, callback }
}

// refused checks that a call fails with the library's own error of the type, which has these properties.
export async function refused(what, call, type, properties) {
  let error
  try {
    await call()
  } catch (caught) {
    error = caught
  }
  assert.ok(error, `${what}: not refused`)
  assert.ok(error instanceof type, `${what}: ${error.stack}`)
  for (const [name, value] of Object.entries(properties)) {
    assert.deepEqual(error[name], value, `${what}: ${name}`)
  }
  return error
}

// run runs the flows in turn.
export async function run(...flows) {
  try {
    for (const flow of flows) {
      await flow()
    }
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
  console.log('done')
  process.exit(0) // whatever connection a browser left open
}
