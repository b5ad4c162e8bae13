import { confidentialID, confidentialSecret, issuer, password, publicID, refused, run, throughBrowser, username } from './flow.mjs'
import assert from 'node:assert/strict'
import * as client from 'openid-client'

let native, web, webByPost

function discover(id, auth) {
  return client.discovery(issuer, id, undefined, auth, { algorithm: 'oauth2', execute: [client.allowInsecureRequests] })
}

async function discovery() {
  native = await discover(publicID, client.None())
  web = await discover(confidentialID, client.ClientSecretBasic(confidentialSecret))
  webByPost = await discover(confidentialID, client.ClientSecretPost(confidentialSecret))
  assert.ok(web.serverMetadata().supportsPKCE())
}

// authorize sends the browser to the authorization endpoint and returns where it came back, with what belongs to the request.
async function authorize(decision, config, scope) {
  const state = client.randomState()
  const verifier = client.randomPKCECodeVerifier()
  const { callback } = await throughBrowser(decision, async (uri) => client.buildAuthorizationUrl(config, {
    redirect_uri: uri, scope, state, code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  }))
  return { state, verifier, callback }
}

function redeem(config, { state, verifier, callback }) {
  return client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state })
}

// code is the authorization code grant with PKCE, refreshing, and a code that comes again.
const code = (config) => async () => {
  const who = config()
  const asked = await authorize('authorize', who, 'read write')
  const tokens = await redeem(who, asked)
  assert.equal(tokens.token_type, 'bearer')
  assert.equal(tokens.scope, 'read write')
  assert.ok(tokens.expiresIn() > 0)
  const renewed = await client.refreshTokenGrant(who, tokens.refresh_token)
  assert.notEqual(renewed.access_token, tokens.access_token)
  const narrowed = await client.refreshTokenGrant(who, renewed.refresh_token, { scope: 'read' })
  assert.equal(narrowed.scope, 'read')
  const last = await client.refreshTokenGrant(who, narrowed.refresh_token) // narrowing is for that access token alone (RFC 6749 §6)
  assert.equal(last.scope, 'read write')
  await refused('a code that comes again', () => redeem(who, asked), client.ResponseBodyError, { error: 'invalid_grant', status: 400 })
  await refused('what it had issued', () => client.refreshTokenGrant(who, last.refresh_token), client.ResponseBodyError,
    { error: 'invalid_grant', status: 400 })
}

// answers checks what the library makes of the answer of the authorization endpoint: another state, no issuer (RFC 9207), another verifier, no.
async function answers() {
  const asked = await authorize('authorize', native, 'read')
  const without = new URL(asked.callback)
  without.searchParams.delete('iss')
  await refused('no issuer', () => redeem(native, { ...asked, callback: without }), client.ClientError, { code: 'OAUTH_INVALID_RESPONSE' })
  await refused('another state', () => redeem(native, { ...asked, state: 'another' }), client.ClientError, { code: 'OAUTH_INVALID_RESPONSE' })
  await refused('another verifier', () => redeem(native, { ...asked, verifier: client.randomPKCECodeVerifier() }), client.ResponseBodyError,
    { error: 'invalid_grant', status: 400 })
  const tokens = await redeem(native, asked)
  await refused('a wider scope', () => client.refreshTokenGrant(native, tokens.refresh_token, { scope: 'read write' }), client.ResponseBodyError,
    { error: 'invalid_scope', status: 400 })
  const denied = await authorize('deny', web, 'read')
  await refused('denied', () => redeem(web, denied), client.AuthorizationResponseError, { error: 'access_denied' })
}

async function machine() {
  for (const who of [web, webByPost]) {
    const tokens = await client.clientCredentialsGrant(who, { scope: 'read' })
    assert.equal(tokens.scope, 'read')
    assert.equal(tokens.refresh_token, undefined)
    const state = await client.tokenIntrospection(who, tokens.access_token)
    assert.deepEqual([state.active, state.client_id, state.iss, state.scope], [true, confidentialID, who.serverMetadata().issuer, 'read'])
    await client.tokenRevocation(who, tokens.access_token)
    assert.deepEqual({ ...await client.tokenIntrospection(who, tokens.access_token) }, { active: false })
    await client.tokenRevocation(who, 'unknown')
  }
}

// resources asks for a token for one of the two APIs (RFC 8707).
async function resources() {
  const resource = web.serverMetadata().protected_resources[0]
  const tokens = await client.clientCredentialsGrant(web, { scope: 'read', resource })
  assert.deepEqual((await client.tokenIntrospection(web, tokens.access_token)).aud, [resource])
  await refused('an unknown resource', () => client.clientCredentialsGrant(web, { resource: 'https://unknown.example.org/' }), client.ResponseBodyError,
    { error: 'invalid_target', status: 400 })
}

// passwords is the grant that platform users script with.
async function passwords() {
  const ask = (given) => client.genericGrantRequest(web, 'password', { username, password: given, scope: 'read' })
  const tokens = await ask(password)
  assert.equal(tokens.scope, 'read')
  await client.refreshTokenGrant(web, tokens.refresh_token)
  await refused('a wrong password', () => ask('wrong'), client.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

async function errors() {
  const wrong = await discover(confidentialID, client.ClientSecretBasic('wrong'))
  for (const [what, call] of Object.entries({
    token: () => client.clientCredentialsGrant(wrong, { scope: 'read' }), introspection: () => client.tokenIntrospection(wrong, 'x'),
    revocation: () => client.tokenRevocation(wrong, 'x'),
  })) {
    const error = await refused(`${what}, wrong secret`, call, client.WWWAuthenticateChallengeError, { status: 401 })
    assert.equal(error.cause[0].scheme, 'basic')
  }
  const byPost = await discover(confidentialID, client.ClientSecretPost('wrong'))
  await refused('wrong secret in the body', () => client.clientCredentialsGrant(byPost, { scope: 'read' }), client.ResponseBodyError,
    { error: 'invalid_client', status: 401 })
  await refused('unknown scope', () => client.clientCredentialsGrant(web, { scope: 'admin' }), client.ResponseBodyError,
    { error: 'invalid_scope', status: 400 })
  await refused('a public client on its own', () => client.clientCredentialsGrant(native, { scope: 'read' }), client.ResponseBodyError,
    { error: 'unauthorized_client', status: 400 })
  await refused('unknown refresh token', () => client.refreshTokenGrant(web, 'unknown'), client.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

await run(discovery, code(() => native), code(() => web), answers, resources, machine, passwords, errors)
