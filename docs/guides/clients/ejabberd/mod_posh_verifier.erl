%% Lets ejabberd trust a certificate of another server that does not name its domain, if a POSH verification service says that
%% the domain vouches for it (RFC 7711). It asks only where ejabberd's own check of the certificate fails, and whatever goes
%% wrong is a no. The guide: docs/guides/clients/ejabberd.md.
-module(mod_posh_verifier).
-behaviour(gen_mod).
-behaviour(gen_server).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2]).
-export([out_tls_verify/2, out_packet/2, in_packet/2, in_unanswered/2, in_features/2]).

-include_lib("kernel/include/logger.hrl").

%% As the library xmpp has them, of which not every package brings the header.
-record(db_result, {from, to, type, key, sub_els}).
-record(db_feature, {errors}).

-define(SERVICE, <<"xmpp-server">>).
-define(RESPONSE_OCTETS, 65536). % an answer has less than 2,000
-define(CLAIMS_A_STREAM, 10). % by dialback, of one peer: a question each

%% The module of ejabberd.

start(Host, Opts) ->
    {ok, _} = application:ensure_all_started(ssl),
    case gen_mod:start_child(?MODULE, Host, Opts) of
        {ok, Pid} ->
            [ejabberd_hooks:add(Hook, Host, ?MODULE, Function, Order) || {Hook, Function, Order} <- hooks()],
            {ok, Pid};
        Failure -> Failure
    end.

%% NOT in `terminate`: where the process that asks has crashed, the hooks stay, get no answer, and refuse.
stop(Host) ->
    [ejabberd_hooks:delete(Hook, Host, ?MODULE, Function, Order) || {Hook, Function, Order} <- hooks()],
    gen_mod:stop_child(?MODULE, Host).

%% mod_s2s_dialback has order 50: its `s2s_out_tls_verify` would switch the check of certificates off. Ours comes first, and
%% ends the hook.
hooks() ->
    [{s2s_out_tls_verify, out_tls_verify, 10}, {s2s_out_packet, out_packet, 10},
     {s2s_in_unauthenticated_packet, in_packet, 40}, {s2s_in_authenticated_packet, in_packet, 40},
     {s2s_in_authenticated_packet, in_unanswered, 90},
     {s2s_in_pre_auth_features, in_features, 90}, {s2s_in_post_auth_features, in_features, 90}].

reload(Host, Opts, _) -> gen_server:cast(gen_mod:get_module_proc(Host, ?MODULE), {reload, Opts}).

depends(_, _) -> [].

mod_opt_type(url) -> econf:url([https]);
mod_opt_type(ca_file) -> econf:file();
mod_opt_type(key_file) -> econf:file();
mod_opt_type(timeout) -> econf:timeout(second);
mod_opt_type(max_questions) -> econf:pos_int().

mod_options(_) ->
    [url, {ca_file, <<"/etc/ssl/certs/ca-certificates.crt">>}, {key_file, undefined}, {timeout, 5000}, {max_questions, 100}].

mod_doc() -> #{desc => <<"Asks a POSH verification service (RFC 7711) about certificates of other servers">>}.

%% Outgoing streams: after STARTTLS, ejabberd asks whether it shall check the certificate.

%% `true`: ejabberd checks, and ends the stream if that fails. `false`: it does not, and the stream counts as verified. No other
%% module is heard. AN EXCEPTION IS A `true`: ejabberd would go on to the next module, which may say `false`.
out_tls_verify(_, State) ->
    try not is_named(State) andalso is_vouched_for(maps:get(remote_server, State), State) of
        IsVouchedFor -> {stop, not IsVouchedFor}
    catch
        Class:Reason:_ ->
            warn(maps:get(remote_server, State, <<>>), Class, Reason),
            {stop, true}
    end.

warn(Name, Class, Reason) ->
    ?LOG_WARNING("POSH: the service was not asked about ~ts: ~P", [Name, {Class, Reason}, 20]).

is_named(State) -> element(1, xmpp_stream_pkix:authenticate(State)) =:= ok.

%% mod_s2s_dialback takes the word of a peer that answers it before the stream is encrypted, or before its certificate was
%% checked: somebody between the servers could say that all is well. No such word counts on a stream that is not verified.
out_packet(#{stream_verified := true} = State, _) -> State;
out_packet(State, Packet) when element(1, Packet) =:= db_result; element(1, Packet) =:= db_verify ->
    try {stop, ejabberd_s2s_out:send(State, xmpp:serr_policy_violation(<<"Dialback before verified TLS">>, <<"en">>))}
    catch _:_ -> {stop, State} % at least, nobody else hears it
    end;
out_packet(State, _) -> State.

%% Incoming streams: ejabberd has no hook in its check of SASL EXTERNAL, so that a peer whose certificate does not name it is
%% refused there. It goes on with dialback, which is answered at once where the domain vouches for its certificate (XEP-0344).

in_packet(#{posh_claims := ?CLAIMS_A_STREAM} = State, #db_result{type = undefined}) ->
    {stop, ejabberd_s2s_in:send(State, xmpp:serr_policy_violation(<<"Too many domains">>, <<"en">>))};
in_packet(#{stream_encrypted := true} = State, #db_result{from = From, to = To, type = undefined}) ->
    Next = State#{posh_claims => maps:get(posh_claims, State, 0) + 1},
    try is_allowed(From, To, State) andalso is_vouched_for(From, State) of
        true -> {stop, accept(From, To, Next)};
        false -> Next
    catch
        Class:Reason:_ ->
            warn(From, Class, Reason),
            Next
    end;
in_packet(State, _) -> State.

%% On a stream that already serves another domain, ejabberd itself would say nothing.
in_unanswered(State, #db_result{from = From, to = To, type = undefined}) -> {stop, answer_dialback(From, To, invalid, State)};
in_unanswered(State, _) -> State.

is_allowed(From, To, #{server_host := Host}) ->
    ejabberd_router:is_my_route(To) andalso ejabberd_router:host_of_route(To) =:= Host
        andalso ejabberd_s2s:allow_host(Host, From).

accept(From, To, State) ->
    Sent = answer_dialback(From, To, valid, State),
    ejabberd_s2s_in:establish(ejabberd_s2s_in:handle_auth_success(From, <<"POSH">>, undefined, Sent)).

answer_dialback(From, To, Type, State) ->
    ejabberd_s2s_in:send(State, #db_result{from = To, to = From, type = Type, key = <<>>, sub_els = []}).

in_features(Features, _) ->
    case lists:keymember(db_feature, 1, Features) of
        true -> Features;
        false -> [#db_feature{errors = true} | Features]
    end.

%% The question.

is_vouched_for(Name, #{server_host := Host, socket := Socket}) ->
    {ok, Der} = xmpp_socket:get_peer_certificate(Socket, der),
    Domain = list_to_binary(string:lowercase(idna:utf8_to_ascii(Name))),
    case gen_server:call(gen_mod:get_module_proc(Host, ?MODULE), {ask, Domain, Der}, infinity) of
        yes ->
            ?LOG_INFO("POSH: ~ts vouches for its certificate (asked for ~ts)", [Domain, Host]),
            true;
        {no, Why} ->
            ?LOG_WARNING("POSH: no word of ~ts for its certificate (asked for ~ts): ~ts", [Domain, Host, text(Why)]),
            false
    end.

text(Code) when is_binary(Code) -> Code;
text(Why) -> io_lib:format("~P", [Why, 20]).

%% The process that asks has a child for each question, and ends it in time. It never waits itself.

init([_, Opts]) -> {ok, #{opts => Opts, asking => #{}}}.

handle_call({ask, Domain, Der}, From, #{opts := Opts, asking := Asking} = State) ->
    case map_size(Asking) < gen_mod:get_opt(max_questions, Opts) of
        true ->
            {Pid, Ref} = spawn_monitor(fun() -> exit({answer, answer(Domain, Der, Opts)}) end),
            Timer = erlang:send_after(gen_mod:get_opt(timeout, Opts), self(), {late, Pid}),
            {noreply, State#{asking => Asking#{Ref => {From, Timer}}}};
        false -> {reply, {no, too_many_questions}, State}
    end.

handle_cast({reload, Opts}, State) -> {noreply, State#{opts => Opts}}.

handle_info({late, Pid}, State) ->
    exit(Pid, kill),
    {noreply, State};
handle_info({'DOWN', Ref, process, _, Reason}, #{asking := Asking} = State) ->
    {{From, Timer}, Rest} = maps:take(Ref, Asking),
    erlang:cancel_timer(Timer),
    gen_server:reply(From, case Reason of
        {answer, Answer} -> Answer;
        _ -> {no, timeout} % it was killed
    end),
    {noreply, State#{asking => Rest}};
handle_info(_, State) -> {noreply, State}.

%% Everything below runs in the child: a failed match is a no.

answer(Domain, Der, Opts) ->
    try ask(Domain, Der, Opts)
    catch _:Reason -> {no, Reason}
    end.

ask(Domain, Der, Opts) ->
    #{scheme := <<"https">>, host := Host} = Url = uri_string:parse(gen_mod:get_opt(url, Opts)),
    Timeout = gen_mod:get_opt(timeout, Opts),
    Question = jiffy:encode(#{domain => Domain, service => ?SERVICE, certificate => base64:encode(Der),
                              deadlineMs => min(30000, max(50, Timeout * 9 div 10))}),
    Path = [string:trim(maps:get(path, Url), trailing, "/"), "/v1/verify"],
    Request = ["POST ", Path, " HTTP/1.1\r\nHost: ", Host, port_of(Url), "\r\n", authorization(gen_mod:get_opt(key_file, Opts)),
               "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: ",
               integer_to_binary(iolist_size(Question)), "\r\nConnection: close\r\n\r\n", Question],
    case ssl:connect(binary_to_list(Host), maps:get(port, Url, 443), tls_options(gen_mod:get_opt(ca_file, Opts)), Timeout) of
        {ok, Socket} ->
            ok = ssl:send(Socket, Request),
            judge(receive_all(Socket, <<>>), Domain, base64:encode(crypto:hash(sha256, Der)));
        {error, Reason} -> {no, {unreachable, Reason}}
    end.

port_of(#{port := Port}) -> [":", integer_to_binary(Port)];
port_of(_) -> [].

%% Read anew for each question, so that the key can be replaced; of visible characters only, so that it is one header.
authorization(undefined) -> [];
authorization(File) ->
    {ok, Content} = file:read_file(File),
    {match, [Key]} = re:run(Content, "\\A([!-~]+)\\s*\\z", [{capture, all_but_first, binary}]),
    ["Authorization: Bearer ", Key, "\r\n"].

tls_options(CaFile) ->
    [binary, {packet, raw}, {active, false}, {verify, verify_peer}, {cacertfile, CaFile}, {depth, 5},
     {versions, ['tlsv1.3', 'tlsv1.2']},
     {customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]}].

receive_all(_, Received) when byte_size(Received) > ?RESPONSE_OCTETS -> throw(response_too_large);
receive_all(Socket, Received) ->
    case ssl:recv(Socket, 0) of
        {ok, More} -> receive_all(Socket, <<Received/binary, More/binary>>);
        {error, closed} -> Received
    end.

judge(Response, Domain, Digest) ->
    {Status, Rest} = status_of(Response),
    {Headers, Body} = headers_of(Rest, []),
    case {Status, proplists:get_all_values('Content-Type', Headers), proplists:get_all_values('Content-Length', Headers)} of
        {200, [<<"application/json", _/binary>>], [Length]} ->
            binary_to_integer(Length) =:= byte_size(Body) orelse throw(truncated),
            answer_of(members_of(jiffy:decode(Body)), Domain, Digest);
        {Status, Types, Lengths} -> {no, {status, Status, Types, Lengths}}
    end.

status_of(Octets) ->
    case erlang:decode_packet(http_bin, Octets, []) of
        {ok, {http_response, {1, _}, Status, _}, Rest} -> {Status, Rest};
        _ -> throw(no_http_response)
    end.

headers_of(Octets, Headers) ->
    case erlang:decode_packet(httph_bin, Octets, []) of
        {ok, {http_header, _, Name, _, Value}, Rest} -> headers_of(Rest, [{Name, Value} | Headers]);
        {ok, http_eoh, Body} -> {Headers, Body};
        _ -> throw(no_http_response)
    end.

%% A member that is there twice could be read in two ways.
members_of({Members}) ->
    length(Members) =:= length(lists:ukeysort(1, Members)) orelse throw(member_twice),
    maps:from_list(Members);
members_of(_) -> throw(no_object).

%% A yes is an answer to exactly this question.
answer_of(#{<<"valid">> := true, <<"verdict">> := <<"verified">>, <<"code">> := <<"Verified">>, <<"domain">> := Domain,
            <<"service">> := ?SERVICE, <<"certificate">> := Certificate}, Domain, Digest) ->
    case members_of(Certificate) of
        #{<<"sha256">> := Digest} -> yes;
        _ -> {no, another_certificate}
    end;
answer_of(#{<<"valid">> := false, <<"code">> := Code}, _, _) ->
    match = re:run(Code, "\\A[A-Za-z]{1,64}\\z", [{capture, none}]), % it goes to the log
    {no, Code};
answer_of(_, _, _) -> {no, no_answer_to_this}.
