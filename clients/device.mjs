// The device authorization grant (RFC 8628) by both libraries. Its lines are "device authorize URL CODE" and "device deny URL CODE": the test
// opens the page, enters the code and decides so.
import { confidentialID, confidentialSecret, issuer, publicID, refused, run } from './flow.mjs'
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'

const http = { [oauth.allowInsecureRequests]: true }

// byOauth4webapi asks as a public client, too early, too often, then as it should.
async function byOauth4webapi() {
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http }))
  const native = { client_id: publicID }
  const asked = await oauth.deviceAuthorizationRequest(as, native, oauth.None(), { scope: 'read' }, http)
  const device = await oauth.processDeviceAuthorizationResponse(as, native, asked)
  const poll = async (code = device.device_code) => oauth.processDeviceCodeResponse(as, native,
    await oauth.deviceCodeGrantRequest(as, native, oauth.None(), code, http))
  await refused('too early', poll, oauth.ResponseBodyError, { error: 'authorization_pending', status: 400 })
  await refused('too often', poll, oauth.ResponseBodyError, { error: 'slow_down', status: 400 })
  await refused('unknown device code', () => poll('unknown'), oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
  console.log(`device authorize ${device.verification_uri} ${device.user_code}`)
  const wait = (device.interval ?? 5) + 5 // after slow_down (RFC 8628 §3.5)
  for (let tokens; !tokens;) {
    await sleep(wait * 1000)
    try {
      tokens = await poll()
      assert.equal(tokens.scope, 'read')
    } catch (error) {
      assert.ok(error instanceof oauth.ResponseBodyError && error.error === 'authorization_pending', error.stack)
    }
  }
  await refused('a device code that comes again', poll, oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

// byOpenIDClient asks as a confidential client, which sends its id beside Basic, and waits as the library does; once for a yes, once for a no.
async function byOpenIDClient() {
  const web = await client.discovery(issuer, confidentialID, undefined, client.ClientSecretBasic(confidentialSecret),
    { algorithm: 'oauth2', execute: [client.allowInsecureRequests] })
  const yes = await client.initiateDeviceAuthorization(web, { scope: 'read' })
  console.log(`device authorize ${yes.verification_uri} ${yes.user_code}`)
  const tokens = await client.pollDeviceAuthorizationGrant(web, yes)
  assert.equal(tokens.scope, 'read')
  await client.refreshTokenGrant(web, tokens.refresh_token)
  const no = await client.initiateDeviceAuthorization(web, { scope: 'read' })
  console.log(`device deny ${no.verification_uri} ${no.user_code}`)
  await refused('denied', () => client.pollDeviceAuthorizationGrant(web, no), client.ResponseBodyError, { error: 'access_denied', status: 400 })
}

await run(byOauth4webapi, byOpenIDClient)
