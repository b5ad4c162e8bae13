import { confidentialID, confidentialSecret, issuer, password, publicID, refused, run, throughBrowser, username } from './flow.mjs'
import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'

const http = { [oauth.allowInsecureRequests]: true }
const native = { client: { client_id: publicID }, auth: oauth.None() }
const web = { client: { client_id: confidentialID }, auth: oauth.ClientSecretBasic(confidentialSecret) }
const webByPost = { ...web, auth: oauth.ClientSecretPost(confidentialSecret) }

let as

async function discovery() {
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...http })
  as = await oauth.processDiscoveryResponse(issuer, response)
  assert.equal(as.authorization_response_iss_parameter_supported, true)
  assert.ok(as.code_challenge_methods_supported.includes('S256'))
}

// authorize sends the browser to the authorization endpoint and returns where it came back, with what belongs to the request.
async function authorize(decision, { client }, scope, more = {}) {
  const state = oauth.generateRandomState()
  const verifier = oauth.generateRandomCodeVerifier()
  const { redirectURI, callback } = await throughBrowser(decision, async (uri) => {
    const address = new URL(as.authorization_endpoint)
    address.search = new URLSearchParams({
      response_type: 'code', client_id: client.client_id, redirect_uri: uri, scope, state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...more,
    })
    return address
  })
  return { state, verifier, redirectURI, callback }
}

async function redeem({ client, auth }, { state, verifier, redirectURI, callback }) {
  const parameters = oauth.validateAuthResponse(as, client, callback, state)
  const response = await oauth.authorizationCodeGrantRequest(as, client, auth, parameters, redirectURI, verifier, http)
  return oauth.processAuthorizationCodeResponse(as, client, response)
}

async function refresh({ client, auth }, token, parameters) {
  const response = await oauth.refreshTokenGrantRequest(as, client, auth, token, { ...http, additionalParameters: parameters })
  return oauth.processRefreshTokenResponse(as, client, response)
}

async function credentials({ client, auth }, scope) {
  const response = await oauth.clientCredentialsGrantRequest(as, client, auth, { scope }, http)
  return oauth.processClientCredentialsResponse(as, client, response)
}

async function introspect({ client, auth }, token) {
  return oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, token, http))
}

async function revoke({ client, auth }, token) {
  return oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, http))
}

// code is the authorization code grant with PKCE, refreshing, and a code that comes again.
const code = (who) => async () => {
  const asked = await authorize('authorize', who, 'read write')
  const tokens = await redeem(who, asked)
  assert.equal(tokens.token_type, 'bearer')
  assert.equal(tokens.scope, 'read write')
  assert.ok(tokens.expires_in > 0)
  const renewed = await refresh(who, tokens.refresh_token)
  assert.notEqual(renewed.access_token, tokens.access_token)
  const narrowed = await refresh(who, renewed.refresh_token, { scope: 'read' })
  assert.equal(narrowed.scope, 'read')
  const last = await refresh(who, narrowed.refresh_token) // narrowing is for that access token alone (RFC 6749 §6)
  assert.equal(last.scope, 'read write')
  await refused('a code that comes again', () => redeem(who, asked), oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
  await refused('what it had issued', () => refresh(who, last.refresh_token), oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

// answers checks what the library makes of the answer of the authorization endpoint: another state, no issuer (RFC 9207), another verifier, no.
async function answers() {
  const asked = await authorize('authorize', native, 'read')
  const without = new URL(asked.callback)
  without.searchParams.delete('iss')
  await refused('no issuer', () => redeem(native, { ...asked, callback: without }), oauth.OperationProcessingError, { code: oauth.INVALID_RESPONSE })
  await refused('another state', () => redeem(native, { ...asked, state: 'another' }), oauth.OperationProcessingError, { code: oauth.INVALID_RESPONSE })
  await refused('another verifier', () => redeem(native, { ...asked, verifier: oauth.generateRandomCodeVerifier() }), oauth.ResponseBodyError,
    { error: 'invalid_grant', status: 400 })
  const tokens = await redeem(native, asked)
  await refused('a wider scope', () => refresh(native, tokens.refresh_token, { scope: 'read write' }), oauth.ResponseBodyError,
    { error: 'invalid_scope', status: 400 })
  const denied = await authorize('deny', web, 'read')
  await refused('denied', () => redeem(web, denied), oauth.AuthorizationResponseError, { error: 'access_denied' })
}

// resources asks for tokens for one of the two APIs, by a response that the browser posts, and for what is not known (RFC 8707).
async function resources() {
  const [gateway, controller] = as.protected_resources
  const asked = await authorize('authorize', web, 'read', { resource: gateway, response_mode: 'form_post' })
  const tokens = await redeem(web, asked)
  assert.deepEqual((await introspect(web, tokens.access_token)).aud, [gateway])
  assert.equal((await fetch(`${gateway}me/`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status, 200)
  assert.equal((await fetch(`${controller}me/`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status, 401)
  await refused('another resource', () => refresh(web, tokens.refresh_token, { resource: controller }), oauth.ResponseBodyError,
    { error: 'invalid_target', status: 400 })
  const api = new URL(gateway)
  const metadata = await oauth.processResourceDiscoveryResponse(api, await oauth.resourceDiscoveryRequest(api, http))
  assert.deepEqual(metadata.authorization_servers, [as.issuer])
}

async function machine() {
  for (const who of [web, webByPost]) {
    const tokens = await credentials(who, 'read')
    assert.equal(tokens.scope, 'read')
    assert.equal(tokens.refresh_token, undefined)
    const state = await introspect(who, tokens.access_token)
    assert.deepEqual([state.active, state.client_id, state.iss, state.scope], [true, confidentialID, as.issuer, 'read'])
    await revoke(who, tokens.access_token)
    assert.deepEqual({ ...await introspect(who, tokens.access_token) }, { active: false })
    await revoke(who, 'unknown')
  }
}

// passwords is the grant that platform users script with.
async function passwords() {
  const ask = async (given) => oauth.processGenericTokenEndpointResponse(as, web.client,
    await oauth.genericTokenEndpointRequest(as, web.client, web.auth, 'password', { username, password: given, scope: 'read' }, http))
  const tokens = await ask(password)
  assert.equal(tokens.scope, 'read')
  await refresh(web, tokens.refresh_token)
  await refused('a wrong password', () => ask('wrong'), oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

async function errors() {
  const wrong = { client: web.client, auth: oauth.ClientSecretBasic('wrong') }
  for (const [what, call] of Object.entries({
    token: () => credentials(wrong, 'read'), introspection: () => introspect(wrong, 'x'), revocation: () => revoke(wrong, 'x'),
  })) {
    const error = await refused(`${what}, wrong secret`, call, oauth.WWWAuthenticateChallengeError, { status: 401 })
    assert.equal(error.cause[0].scheme, 'basic')
  }
  await refused('wrong secret in the body', () => credentials({ ...wrong, auth: oauth.ClientSecretPost('wrong') }, 'read'), oauth.ResponseBodyError,
    { error: 'invalid_client', status: 401 })
  await refused('unknown scope', () => credentials(web, 'admin'), oauth.ResponseBodyError, { error: 'invalid_scope', status: 400 })
  await refused('a public client on its own', () => credentials(native, 'read'), oauth.ResponseBodyError, { error: 'unauthorized_client', status: 400 })
  await refused('unknown refresh token', () => refresh(web, 'unknown'), oauth.ResponseBodyError, { error: 'invalid_grant', status: 400 })
}

await run(discovery, code(native), code(web), answers, resources, machine, passwords, errors)
