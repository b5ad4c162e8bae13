"""What the awx command (awxkit) sends, and what it makes of the answers.
The package is not to be had everywhere, so this stands in for it in the tests (docs/adr/0020-clients-in-the-tests.md). As the command does,
it builds its sub-commands with argparse from the keys of the API's root and from what OPTIONS answers, so that an answer which breaks the
command breaks this, too. Each line of standard input is a command, {"args": [...], "env": {...}}; each line of output says how it ended,
{"status": 0, "stdout": "..."}. In env, OLDER=1 stands for releases up to 24; the other names are the command's own.
"""
import argparse
import contextlib
import functools
import io
import json
import re
import sys
import traceback

import requests

IDENTITY = {'users': 'username', 'me': 'username'}  # the others are known by their name
SINGULAR = {'application': 'applications', 'organization': 'organizations', 'user': 'users'}
CONTROL = ('ping', 'config', 'me', 'metrics')
WITH_ROLES = {'organization': 'organizations', 'project': 'projects', 'inventory': 'inventories', 'team': 'teams', 'credential': 'credentials',
              'job_template': 'job_templates', 'workflow_job_template': 'workflow_job_templates', 'instance_group': 'instance_groups'}


class Refused(Exception):
    """An answer that ends the command."""

    def __init__(self, response):
        super().__init__(f'{response.request.method} {response.request.url}: {response.status_code} {response.text[:500]}')
        self.status = response.status_code
        self.body = response.text


class Parser(argparse.ArgumentParser):
    """A parser that leaves --help to the command."""

    def parse_known_args(self, args=None, namespace=None):
        return super().parse_known_args([a for a in args if a not in ('-h', '--help')], namespace)


class Connection:
    """A requests.Session: it keeps cookies, follows redirects and sends what requests sends."""

    def __init__(self, server):
        self.server = server.rstrip('/')
        self.session = requests.Session()
        self.session.trust_env = False

    def request(self, method, path, headers=None, **more):
        url = self.server + '/' + path.lstrip('/')
        headers = dict(headers or {})
        if method in ('post', 'put', 'patch', 'delete'):
            headers['X-CSRFToken'] = self.session.cookies.get('csrftoken')  # None is not sent
            headers['Referer'] = url
        return getattr(self.session, method)(url, headers=headers or None, timeout=60, **more)

    def page(self, method, path, **more):
        """The JSON of an answer that is none of those at which the command gives up."""
        response = self.request(method, path, **more)
        if response.status_code not in (200, 201, 202, 204):
            raise Refused(response)
        return response.json() if response.text else None


class Command:
    def __init__(self, args, env):
        self.args, self.env = args, env
        self.base = env.get('AWXKIT_API_BASE_PATH', '/api/')
        self.gateway = env.get('AWXKIT_GATEWAY_BASE_PATH', '/api/gateway/')
        self.older = 'OLDER' in env
        self.parser = Parser(prog='awx', add_help=False)
        self.parser.add_argument('--help', action='store_true')
        for name, variable, otherwise in (('host', 'HOST', ''), ('token', 'OAUTH_TOKEN', ''), ('username', 'USERNAME', 'admin'), ('password', 'PASSWORD', '')):
            self.parser.add_argument('--conf.' + name, default=env.get('CONTROLLER_' + variable, otherwise))
        self.add_formatting(self.parser)
        self.conf = vars(self.parser.parse_known_args(args)[0])
        self.connection = self.connect()

    def connect(self):
        return Connection(self.conf['conf.host'])

    @staticmethod
    def add_formatting(parser):
        parser.add_argument('-f', '--conf.format', dest='conf.format', choices=('json', 'human'), default='json')
        parser.add_argument('--filter', dest='conf.filter', default='.')
        parser.add_argument('-v', '--verbose', dest='conf.verbose', action='store_true')

    def run(self):
        rest = self.parser.parse_known_args(self.args)[1]
        resources = {}
        if rest[:1] != ['config']:  # which needs no server
            versions = self.link(self.connection.page('get', self.base)['available_versions'])
            resources = self.link(self.connection.page('get', versions['v2']))
        self.resources = resources
        commands = self.parser.add_subparsers(dest='resource', metavar='resource')
        self.commands = {}
        for name in ['login', 'config', 'import', 'export', *(key for key in resources if key not in ('dashboard', 'config'))]:
            aliases = [one for one, many in SINGULAR.items() if many == name]
            self.commands[name] = commands.add_parser(name, help='', aliases=aliases)  # a name that comes twice is an error
        resource = self.parser.parse_known_args(self.args)[0].resource
        resource = SINGULAR.get(resource, resource)
        if resource == 'login':
            return self.login()
        if resource == 'config':
            return json.dumps({'base_url': self.connection.server, 'token': self.conf['conf.token'], 'credentials': self.conf['conf.username']})
        if resource is None:
            return self.parser.format_help()
        self.authenticate()
        if resource in CONTROL:
            return self.format(resource, self.connection.page('get', resources[resource]))
        return self.act(resource, resources[resource])

    @staticmethod
    def link(answers):
        """Only values that begin with /api/ are links."""
        return {key: value for key, value in answers.items() if value.startswith('/api/')}

    def authenticate(self):
        session = self.connection.session
        if self.conf['conf.token']:
            token = self.conf['conf.token']

            def bearer(request):
                request.headers['Authorization'] = 'Bearer ' + token
                return request
            session.auth = bearer
            return
        self.connection.request('get', self.base)  # for the cookie csrftoken
        form = {'username': self.conf['conf.username'], 'password': self.conf['conf.password'], 'next': self.base}
        response = self.connection.request('post', self.base + 'login/', data=form, headers=session.headers)
        name = 'sessionid'
        for earlier in response.history:
            name = earlier.headers.get('X-API-Session-Cookie-Name', name)
        if response.history and name not in session.cookies:
            raise RuntimeError(f'signed in without the cookie {name}')
        self.connection.page('get', self.base)

    def login(self):
        parser = self.commands['login']
        parser.add_argument('--conf.client_id')
        parser.add_argument('--conf.client_secret')
        parser.add_argument('--conf.scope', choices=('read', 'write'), default='write')
        known = vars(self.parser.parse_known_args(self.args)[0])
        client, secret, scope = known['conf.client_id'], known['conf.client_secret'], known['conf.scope']
        person = {'username': self.conf['conf.username'], 'password': self.conf['conf.password']}
        if client:
            form = {'grant_type': 'password', **person, 'scope': scope, **({} if secret else {'client_id': client})}
            how = {'data': form, 'headers': {'Content-Type': 'application/x-www-form-urlencoded', **(basic(client, secret) if secret else {})}}
            paths, key = ['/o/token/', self.base + 'o/token/'], 'access_token'
        else:
            how = {'json': {'description': 'AWX CLI', 'application': None, 'scope': scope}, 'headers': basic(**person)}
            paths, key = [self.gateway + 'v1/tokens/', f'{self.base}v2/users/{person["username"]}/personal_tokens/'], 'token'
        asked = self.connect()  # without the cookies of before
        for path in paths[1:] if self.older else paths:
            response = asked.request('post', path, **how)
            if response.status_code != 404:
                break
        if not response.ok:
            return f'Error retrieving an OAuth2.0 token ({response.status_code}).'
        token = response.json()[key]
        return f'export CONTROLLER_OAUTH_TOKEN={token}' if self.conf['conf.format'] == 'human' else json.dumps({'token': token})

    def act(self, resource, path):
        actions = self.commands[resource].add_subparsers(dest='action', metavar='action')
        actions.required = True
        told = self.connection.page('options', path).get('actions', {'GET': {}})
        if resource == 'settings':
            return self.settings(path, actions)
        allowed = self.connection.request('options', path + ('1' if self.older else '1/')).headers.get('Allow', '').split(', ')
        for method in told:
            name = {'GET': 'list', 'POST': 'create'}[method]
            parser = actions.add_parser(name, help='')
            if name == 'list':
                parser.add_argument('--all', dest='all_pages', action='store_true')
                self.add_formatting(parser)
            else:
                parser.add_argument('--ignore-existing', action='store_true')
        for name in ['get'] + ['modify'] * ('PUT' in allowed) + ['delete'] * ('DELETE' in allowed):
            parser = actions.add_parser(name, help='')
            parser.add_argument('id', type=functools.partial(self.key, resource))
            if name == 'get':
                self.add_formatting(parser)
        if resource in ('users', 'teams'):
            self.add_roles(resource, path, actions)
        self.parser.parse_known_args(self.args)  # what is no action ends here
        for name in ('list', 'modify', 'create'):
            if name in actions.choices:
                self.add_fields(resource, name, told.get('GET' if name == 'list' else 'POST', {}), actions.choices[name])
        values = {key: value for key, value in vars(self.parser.parse_known_args(self.args)[0]).items()
                  if value is not None and key not in ('help', 'resource') and not key.startswith('conf.')}
        action = values.pop('action')
        if 'id' in values:
            path += f'{values.pop("id")}/'
        if '--help' in self.args or action == 'modify' and not values:
            return actions.choices[action].format_help()
        return self.format(resource, self.send(action, path, values))

    def settings(self, path, actions):
        """Settings are one object; which may be changed is asked first."""
        known = self.connection.page('options', path + 'all/')['actions']['PUT']
        actions.add_parser('list', help='').add_argument('--slug', default='all')
        parser = actions.add_parser('modify', help='')
        parser.add_argument('key', choices=sorted(known))
        parser.add_argument('value')
        values = self.parser.parse_known_args(self.args)[0]
        return json.dumps(self.connection.page('get', f'{path}{values.slug}/'))

    def send(self, action, path, values):
        if action == 'create':
            return self.connection.page('post', path, json=values)  # with ignore_existing
        if action == 'modify':
            return self.connection.page('patch', path, json=values)
        if action == 'delete':
            return self.connection.page('delete', path)
        everything = values.pop('all_pages', False)
        page = self.connection.page('get', path, params=values)
        while everything and page['next']:
            following = self.connection.page('get', page['next'], params=values)  # each filter stands there twice then
            page = {**following, 'results': page['results'] + following['results']}
        return page

    def add_fields(self, resource, action, fields, parser):
        for name, field in fields.items():
            if action == 'list' and (name == 'id' or field.get('filterable') is False):
                continue
            kind = {'string': str, 'field': int, 'integer': int, 'boolean': truth, 'id': functools.partial(self.key, name),
                    'json': json.loads}.get(field['type'], str)
            choices = [str(choice[0]) for choice in field.get('choices') or []] or None
            required = action == 'create' and (field.get('required') is True or (resource, name) == ('users', 'password'))
            parser.add_argument('--' + name, type=kind, choices=choices, required=required, help=field.get('help_text', ''))

    def add_roles(self, resource, path, actions):
        roles = set()
        for each in WITH_ROLES.values():
            roles.update(self.connection.page('options', path.replace(resource, each)).get('object_roles', []))
        for name in ('grant', 'revoke'):
            parser = actions.add_parser(name, help='')
            parser.add_argument('id', type=functools.partial(self.key, resource))
            group = parser.add_mutually_exclusive_group(required=True)
            for flag in WITH_ROLES:
                group.add_argument('--' + flag)
            parser.add_argument('--role', choices=roles, required=True)

    def key(self, name, value):
        """An id, or a name that is looked up where there is such a resource."""
        if re.match(r'^\d+$', value):
            return int(value)
        resource = SINGULAR.get(name, name)
        if resource not in self.resources:
            return value
        found = self.connection.page('get', self.resources[resource], params={IDENTITY.get(resource, 'name'): value})
        if found['count'] != 1:
            raise argparse.ArgumentTypeError(f'{found["count"]} {resource} are called that.')
        return int(found['results'][0]['id'])

    def format(self, resource, answer):
        if answer is None:
            return ''
        if self.conf['conf.format'] == 'json':
            return json.dumps(answer)
        columns = ['id', IDENTITY.get(resource, 'name')]
        if self.conf['conf.filter'] != '.':
            columns = [column.strip() for column in self.conf['conf.filter'].split(',')]
        rows = answer['results'] if 'count' in answer else [answer]
        return '\n'.join(' '.join(str(row.get(column, '')) for column in columns) for row in rows)


def truth(text):
    """A number, as the command sends it."""
    return {'y': 1, 'yes': 1, 't': 1, 'true': 1, 'on': 1, '1': 1, 'n': 0, 'no': 0, 'f': 0, 'false': 0, 'off': 0, '0': 0}[text.lower()]


def basic(username, password):
    request = requests.Request('GET', 'http://localhost', auth=(username, password)).prepare()
    return {'Authorization': request.headers['Authorization']}


def run(args, env):
    """The exit status and the output of one command."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            print(Command(args, env).run())
            status = 0
        except SystemExit as exit:  # by argparse
            status = exit.code
        except Refused as problem:
            print('Valid credentials were not provided.' if problem.status == 401 else problem.body)
            status = 1
        except Exception:
            traceback.print_exc(file=output)
            status = 1
    return {'status': status, 'stdout': output.getvalue()}


for line in sys.stdin:
    command = json.loads(line)
    print(json.dumps(run(command['args'], command['env'])), flush=True)
