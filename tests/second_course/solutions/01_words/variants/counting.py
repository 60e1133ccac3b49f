"""What students write in counting: mistakes with the hint each deserves, and other right answers."""

from autograder.authoring.variants import mistake, right


@mistake("count_vowels", hint="These are the letters that are not vowels.")
def counts_consonants(words):
    return {word: sum(not is_vowel(letter) for letter in word) for word in words}


@mistake("count_vowels", hint="A capital is another letter for `in`: make it small first.")
def forgets_capitals(words):
    return {word: sum(letter in "aeiou" for letter in word) for word in words}


@right("count_vowels")
def by_a_loop(words):
    found = {}
    for word in words:
        found[word] = 0
        for letter in word:
            if is_vowel(letter):
                found[word] += 1
    return found


@mistake("count_vowels", hint="These are the lengths of the words.")
def counts_letters(words):
    return {word: len(word) for word in words}


@mistake("count_vowels", hint="A vowel that comes twice counts twice: this counts different vowels.")
def counts_different_vowels(words):
    return {word: len({letter.lower() for letter in word if is_vowel(letter)}) for word in words}


@mistake("count_vowels", hint="The answer is a dict, a number for each word, and not one number for all.")
def counts_all_at_once(words):
    return sum(is_vowel(letter) for word in words for letter in word)


@right("count_vowels")
def by_filter(words):
    return dict(zip(words, [len(list(filter(is_vowel, word))) for word in words], strict=True))
