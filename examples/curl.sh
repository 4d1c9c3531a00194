#!/usr/bin/env bash
# A thread and its messages, with nothing but curl.
set -euo pipefail

call() { # METHOD PATH [BODY]
  echo "> $1 $2" >&2
  curl --silent --show-error --fail-with-body --request "$1" "$OPENAI_BASE_URL$2" \
    --header "Authorization: Bearer $OPENAI_API_KEY" \
    ${3:+--header 'Content-Type: application/json' --data "$3"}
  echo
}

thread=$(call POST /threads '{"metadata": {"user": "abc123"}}')
echo "$thread"
id=$(sed -n 's/.*"id": *"\(thread_[^"]*\)".*/\1/p' <<<"$thread")

call POST "/threads/$id/messages" '{"role": "user", "content": "How does AI work?"}'
call GET "/threads/$id/messages?limit=10&order=asc"
call GET "/threads/$id"
call POST "/threads/$id" '{"metadata": {"modified": "true"}}'
call GET '/threads?metadata%5Buser%5D=abc123&limit=1'
call DELETE "/threads/$id"
