"""Companies, entities, people who sign in, their rights, tokens and sealed secrets; the wall between
companies.
"""
