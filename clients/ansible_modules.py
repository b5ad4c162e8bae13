"""What the modules of ansible.platform, and of awx.awx after release 24, send; and what they make of the answers.

These collections are in no package of a distribution yet, so this stands in for them in the tests (docs/adr/0020-clients-in-the-tests.md).
Requests go out by ansible's own HTTP client, as theirs do. Settings are HOST, USERNAME and PASSWORD in the environment; at the end it
prints "done". Exit code 0 is success.
"""
import base64
import json
import os
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode

from ansible.module_utils.urls import Request

HOST, USERNAME, PASSWORD = (os.environ[name] for name in ('HOST', 'USERNAME', 'PASSWORD'))
LONG = 'A-long-passphrase-1'


class Failed(Exception):
    """The status at which a module fails."""


def same(what, got, want):
    if got != want:
        raise AssertionError(f'{what}: {got!r}, want {want!r}')


def fails(what, status, act):
    try:
        act()
    except Failed as problem:
        return same(what, problem.args[0], status)
    raise AssertionError(f'{what}: not refused')


class Modules:
    """What the modules of both collections do alike: they look for an object, compare it with what is wanted, and create, change or delete it."""

    prefix = None
    everywhere = {}

    def __init__(self):
        self.session = Request(cookies=CookieJar(), validate_certs=True, timeout=60)
        self.headers = dict(self.everywhere)

    def address(self, path, query=None):
        path = path if path.startswith('/api/') else self.prefix + path  # an absolute address in an object would be spoiled here
        return HOST + path + ('' if path.endswith('/') or '?' in path else '/') + ('?' + urlencode(query) if query else '')

    def open(self, method, address, body, headers):
        """The status and the JSON of an answer, whatever the status."""
        data = None if body is None else json.dumps(body)
        try:
            response = self.session.open(method, address, data=data, headers=headers, follow_redirects=True)
        except HTTPError as problem:
            response = problem
        text = response.read()
        return response.status, json.loads(text) if text else {}

    def request(self, method, path, query=None, body=None):
        status, answer = self.open(method, self.address(path, query), body, self.headers)
        if status not in (200, 201, 202, 204):
            raise Failed(status)
        return status, answer

    def find(self, resource, name=None, **data):
        """The one object of that name, or of that id: a name that is a number may be either."""
        field = 'username' if resource == 'users' else 'name'
        if name is not None:
            data.update({'or__id': int(name), 'or__' + field: name} if str(name).isdigit() else {field: name})
        _, page = self.request('GET', resource, query=data)
        if page['count'] > 1:
            found = [each for each in page['results'] if str(each['id']) == name]
            same(f'{resource} {data}', len(found), 1)
            return found[0]
        return page['results'][0] if page['count'] else None

    def create(self, resource, fields, at=None):
        status, made = self.request('POST', at or resource, body=fields)
        same(f'POST {resource}', (status in (200, 201), type(made['id'])), (True, int))
        return made

    def ensure(self, resource, existing, fields, at=None):
        """Whether something changed, and the object as it is then."""
        if existing is None:
            return True, self.create(resource, fields, at)
        if all(existing.get(key) == value for key, value in fields.items()):
            return False, existing
        status, changed = self.request('PATCH', existing['url'], body=fields)
        same('PATCH ' + existing['url'], status, 200)
        return any(existing.get(key) != changed.get(key) for key in fields), changed

    def delete(self, existing):
        if existing is None:
            return False
        status, _ = self.request('DELETE', existing['url'])
        same('DELETE ' + existing['url'], status in (202, 204) and existing['id'] > 0, True)
        return True

    def application(self, name, organization, user=None, redirect_uris=None, **fields):
        fields['organization'] = self.find('organizations', organization)['id']
        if user:
            fields['user'] = self.find('users', user)['id']
        if redirect_uris is not None:
            fields['redirect_uris'] = ' '.join(redirect_uris)
        existing = self.find('applications', name, organization=fields['organization'])
        return self.ensure('applications', existing, {'name': fields.pop('new_name', name), **fields})

    def absent_application(self, name, organization):
        return self.delete(self.find('applications', name, organization=self.find('organizations', organization)['id']))


class Platform(Modules):
    """ansible.platform: it looks at the root twice without credentials, which it then sends with everything; a body comes with every request."""

    prefix = '/api/gateway/v1/'
    everywhere = {'referer': HOST, 'Content-Type': 'application/json', 'Accept': 'application/json'}

    def __init__(self, token=None):
        super().__init__()
        self.request('GET', '')
        self.request('GET', '')
        if token:
            self.headers['Authorization'] = 'Bearer ' + token
        else:
            self.headers['Authorization'] = basic(USERNAME, PASSWORD)

    def open(self, method, address, body, headers):
        return super().open(method, address, {} if body is None else body, headers)

    def user(self, username, auditor=None, **fields):
        """A user; whether they are an auditor is a role, which is looked up even where that is not asked for."""
        self.find('users', username)
        existing = self.find('users', username)
        changed, _ = self.ensure('users', existing, {'username': username, **fields})
        user = self.find('users', username)
        role = self.find('role_definitions', 'Platform Auditor')
        given = {'role_definition': role['id'], 'user': user['id']}
        if auditor and not user['is_platform_auditor']:
            self.create('role_user_assignments', given)
            return True
        if auditor is False and user['is_platform_auditor']:
            assignment = self.find('role_user_assignments', **given)
            self.request('DELETE', f'role_user_assignments/{assignment["id"]}')
            return True
        return changed


class Controller(Modules):
    """awx.awx: given a user name and a password it makes a token at the first place that makes one, and deletes it there when it is done."""

    def __init__(self, prefix, token=None, places=None):
        super().__init__()
        self.prefix, self.token = prefix, None
        if token:
            self.headers['Authorization'] = 'Bearer ' + token
            return
        wanted = {'description': 'Automation Platform Controller Module Token', 'application': None, 'scope': 'write'}
        for place in places or ('/api/gateway/v1/tokens/', prefix + 'tokens/'):
            status, answer = self.open('POST', HOST + place, wanted, {'Content-Type': 'application/json', 'Authorization': basic(USERNAME, PASSWORD)})
            if status in (200, 201) and 'token' in answer:
                self.token, self.headers['Authorization'] = f'{HOST}{place}{answer["id"]}/', 'Bearer ' + answer['token']
                return
        self.headers['Authorization'] = basic(USERNAME, PASSWORD)
        self.request('GET', 'me')

    def open(self, method, address, body, headers):
        if method in ('POST', 'PATCH'):
            headers = {**headers, 'Content-Type': 'application/json'}
        return super().open(method, address, body, headers)

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        if self.token:
            status, _ = self.open('DELETE', self.token, None, {'Authorization': basic(USERNAME, PASSWORD)})
            same('DELETE of the token', status, 204)


def basic(username, password):
    return 'Basic ' + base64.b64encode(f'{username}:{password}'.encode()).decode()


def platform_tokens():
    by_password = Platform()
    organization = by_password.find('organizations', 'platform')
    application = by_password.find('applications', 'tokens', organization=organization['id'])
    fact = by_password.create('tokens', {'description': 'platform', 'application': application['id'], 'scope': 'write'})
    same('me', Platform(fact['token']).request('GET', 'me')[1]['results'][0]['username'], USERNAME)
    same('absent by object', Platform(fact['token']).delete(fact), True)
    fails('me, deleted', 401, lambda: Platform(fact['token']).request('GET', 'me'))
    fact = by_password.create('tokens', {'description': 'platform', 'scope': 'read'})
    fails('read only', 403, lambda: Platform(fact['token']).create('organizations', {'name': 'never'}))
    same('absent by id', by_password.delete(by_password.find('tokens', id=fact['id'])), True)
    same('absent by id, once more', by_password.delete(by_password.find('tokens', id=fact['id'])), False)


def platform_objects():
    modules = Platform()
    token = modules.create('tokens', {'description': 'platform objects', 'scope': 'write'})
    modules = Platform(token['token'])
    organization = lambda **fields: modules.ensure('organizations', modules.find('organizations', 'platform'), {'name': 'platform', **fields})[0]
    same('organization', [organization(), organization(), organization(description='d')], [True, False, True])
    wanted = {'organization': 'platform', 'description': 'd', 'algorithm': 'RS256', 'authorization_grant_type': 'authorization-code', 'client_type': 'confidential',
              'redirect_uris': ['https://one.example.org/', 'https://two.example.org/'], 'post_logout_redirect_uris': 'https://one.example.org/ https://two.example.org/',
              'skip_authorization': True, 'user': USERNAME}
    changed, made = modules.application('platform', **wanted)
    same('application', (changed, len(made['client_id']), len(made['client_secret'])), (True, 40, 128))
    same('application, once more', modules.application('platform', **wanted)[0], False)
    same('application, other fields', modules.application('platform', **{**wanted, 'redirect_uris': ['https://three.example.org/']})[0], True)
    same('application, unknown to the server', modules.application('platform', 'platform', app_url='https://one.example.org/')[0], False)
    same('application, renamed', modules.application('platform', 'platform', new_name='another')[0], True)
    same('application, absent', [modules.absent_application('another', 'platform') for _ in range(2)], [True, False])
    modules.application('tokens', 'platform', authorization_grant_type='password', client_type='public')
    same('user', [modules.user('platform', password=LONG, email='p@example.org'), modules.user('platform', email='p@example.org'), modules.user('platform', last_name='l')],
         [True, False, True])
    same('auditor', [modules.user('platform', auditor=auditor) for auditor in (True, True, None, False, False)], [True, False, False, True, False])
    same('user, absent', [modules.delete(modules.find('users', 'platform')) for _ in range(2)], [True, False])
    same('by id', modules.find('organizations', str(modules.find('organizations', 'platform')['id']))['name'], 'platform')
    modules.delete(token)


def controller(prefix, places):
    """application with state exists, and what release 21 did not send; a member made by an organization's path, and one associated."""
    with Controller(prefix, places=places) as modules:
        same('mount of links', modules.find('users', USERNAME)['url'].startswith(prefix), True)
        organization = modules.create('organizations', {'name': 'controller'})
        exists = lambda: modules.find('applications', 'exists', organization=organization['id'])
        same('exists', exists(), None)
        wanted = {'organization': 'controller', 'authorization_grant_type': 'authorization-code', 'client_type': 'confidential', 'skip_authorization': True,
                  'redirect_uris': ['http://one.example.org/', 'https://two.example.org/']}
        changed, made = modules.application('exists', **wanted)
        same('application', (changed, len(made['client_id']), len(made['client_secret'])), (True, 40, 128))
        same('application, exists', (exists()['id'], exists()['type']), (made['id'], 'o_auth2_application'))
        same('application, once more', modules.application('exists', **wanted)[0], False)
        same('application, asks again', modules.application('exists', 'controller', skip_authorization=False)[0], True)
        fails('read only', 403, lambda: Controller(prefix, modules.create('tokens', {'scope': 'read'})['token']).create('organizations', {'name': 'never'}))
        members = f'organizations/{organization["id"]}/users/'
        member = modules.create('users', {'username': 'member', 'password': LONG}, members)
        associate(modules, members, [])
        associate(modules, members, [member['id']])
        same('members', [each['username'] for each in modules.request('GET', members)[1]['results']], ['member'])
        everything = (('users', 'member'), ('users', 'member'), ('organizations', 'controller'))
        same('absent', [modules.delete(modules.find(*what)) for what in everything], [True, False, True])


def associate(modules, path, wanted):
    """Makes the members those that are wanted, by their ids."""
    _, page = modules.request('GET', path)
    present = [each['id'] for each in page['results']]
    same(path, page['next'], None)
    for each in set(present) - set(wanted):
        same('disassociate', modules.request('POST', path, body={'id': each, 'disassociate': True})[0], 204)
    for each in set(wanted) - set(present):
        same('associate', modules.request('POST', path, body={'id': each})[0], 204)


platform_objects()
platform_tokens()
for mount in ('/api/v2/', '/api/controller/v2/'):
    for attempts in (None, (mount + 'tokens/',), ('/api/nowhere/',)):  # a token of the gateway, of the controller, none
        controller(mount, attempts)
print('done')
